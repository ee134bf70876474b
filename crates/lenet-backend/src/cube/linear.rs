//! The linear layer, with or without ReLU, and its gradients.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, has};
use super::{Gradients, empty, grid, numbers};

/// The sizes of a layer, and how many results one unit computes with what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Sizes {
    inputs: usize,
    outputs: usize,
    tile: usize,
}

/// Computes a layer: `x` `[batch, inputs]`, or any tensor of as many numbers, to `[batch, outputs]`.
pub(crate) fn layer(x: &CubeTensor, weight: &CubeTensor, bias: &CubeTensor, relu: bool) -> CubeTensor {
    let [inputs, outputs] = weight.shape().dims();
    let batch = x.shape().num_elements() / inputs;
    let y = empty(x, [batch, outputs], DType::F32);
    let tile = tile(batch);
    let (count, dim) = grid(&x.client, batch.div_ceil(tile) * outputs);
    let sizes = Sizes { inputs, outputs, tile };
    linear::launch(
        &x.client,
        count,
        dim,
        numbers(x),
        numbers(weight),
        numbers(bias),
        numbers(&y),
        rows(batch, tile),
        sizes,
        relu,
    );
    y
}

/// Computes the gradients of a layer; `gy` is the gradient of its output, and `y` the output of a layer with ReLU.
pub(crate) fn layer_backward(
    x: &CubeTensor,
    weight: &CubeTensor,
    y: Option<&CubeTensor>,
    gy: &CubeTensor,
    with_x: bool,
) -> Gradients {
    let [inputs, outputs] = weight.shape().dims();
    let [batch, _] = gy.shape().dims();
    let (relu, y) = (y.is_some(), y.unwrap_or(gy));
    let gradients = [weight.shape(), [outputs].into()].map(|shape| empty(x, shape, DType::F32));
    let sizes = Sizes { inputs, outputs, tile: tile(inputs) };
    let (count, dim) = grid(&x.client, inputs.div_ceil(sizes.tile) * outputs);
    linear_weight_gradient::launch(
        &x.client,
        count,
        dim,
        numbers(x),
        numbers(y),
        numbers(gy),
        numbers(&gradients[0]),
        numbers(&gradients[1]),
        batch,
        sizes,
        relu,
    );
    let x = with_x.then(|| {
        let gx = empty(x, x.shape(), DType::F32);
        let sizes = Sizes { tile: tile(batch), ..sizes };
        let (count, dim) = grid(&x.client, batch.div_ceil(sizes.tile) * inputs);
        linear_input_gradient::launch(
            &x.client,
            count,
            dim,
            numbers(weight),
            numbers(y),
            numbers(gy),
            numbers(&gx),
            rows(batch, sizes.tile),
            sizes,
            relu,
        );
        gx
    });
    let [weight, bias] = gradients;
    Gradients { x, weight, bias }
}

/// The number of neighbours that one unit computes: several only if enough units remain.
fn tile(count: usize) -> usize {
    if count >= 16 { 4 } else { 1 }
}

/// The number of rows to compute.
fn rows(batch: usize, tile: usize) -> usize {
    if has(Bug::TileTail) { batch - batch % tile } else { batch }
}

/// One unit computes one output of `tile` rows.
#[cube(launch)]
fn linear(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
    batch: usize,
    #[comptime] sizes: Sizes,
    #[comptime] relu: bool,
) {
    let inputs = comptime!(sizes.inputs);
    let outputs = comptime!(sizes.outputs);
    let tile = comptime!(sizes.tile);
    let output = ABSOLUTE_POS % outputs;
    let row = ABSOLUTE_POS / outputs * tile;
    if row >= batch {
        terminate!();
    }
    let mut sums = Array::<f32>::new(tile);
    #[unroll]
    for i in 0..tile {
        sums[i] = bias[output];
    }
    for input in 0..inputs {
        let factor = weight[input * outputs + output];
        #[unroll]
        for i in 0..tile {
            sums[i] += factor * x[min(row + i, batch - 1) * inputs + input];
        }
    }
    #[unroll]
    for i in 0..tile {
        if row + i < batch {
            y[(row + i) * outputs + output] = if relu { max_with_nan(sums[i]) } else { sums[i] };
        }
    }
}

/// The larger of `x` and 0; NaN stays NaN.
#[cube]
fn max_with_nan(x: f32) -> f32 {
    select(x < 0.0f32, 0.0f32, x)
}

/// One unit computes one input's gradient of `tile` rows.
#[cube(launch)]
fn linear_input_gradient(
    weight: &[f32],
    y: &[f32],
    gy: &[f32],
    gx: &mut [f32],
    batch: usize,
    #[comptime] sizes: Sizes,
    #[comptime] relu: bool,
) {
    let inputs = comptime!(sizes.inputs);
    let outputs = comptime!(sizes.outputs);
    let tile = comptime!(sizes.tile);
    let input = ABSOLUTE_POS % inputs;
    let row = ABSOLUTE_POS / inputs * tile;
    if row >= batch {
        terminate!();
    }
    let mut sums = Array::<f32>::new(tile);
    #[unroll]
    for i in 0..tile {
        sums[i] = 0.0f32;
    }
    for output in 0..outputs {
        let factor = weight[input * outputs + output];
        #[unroll]
        for i in 0..tile {
            let at = min(row + i, batch - 1) * outputs + output;
            sums[i] += factor * passed_on(y, gy, at, relu);
        }
    }
    #[unroll]
    for i in 0..tile {
        if row + i < batch {
            gx[(row + i) * inputs + input] = sums[i];
        }
    }
}

/// One unit computes the gradient of the weights from `tile` inputs to one output; those of the first inputs also
/// compute the output's bias.
#[cube(launch)]
fn linear_weight_gradient(
    x: &[f32],
    y: &[f32],
    gy: &[f32],
    weight: &mut [f32],
    bias: &mut [f32],
    batch: usize,
    #[comptime] sizes: Sizes,
    #[comptime] relu: bool,
) {
    let inputs = comptime!(sizes.inputs);
    let outputs = comptime!(sizes.outputs);
    let tile = comptime!(sizes.tile);
    let output = ABSOLUTE_POS % outputs;
    let input = ABSOLUTE_POS / outputs * tile;
    if input >= inputs {
        terminate!();
    }
    let mut sums = Array::<f32>::new(tile);
    let mut sum = 0.0f32;
    #[unroll]
    for i in 0..tile {
        sums[i] = 0.0f32;
    }
    for row in 0..batch {
        let factor = passed_on(y, gy, row * outputs + output, relu);
        sum += factor;
        #[unroll]
        for i in 0..tile {
            sums[i] += factor * x[row * inputs + min(input + i, inputs - 1)];
        }
    }
    #[unroll]
    for i in 0..tile {
        if input + i < inputs {
            weight[(input + i) * outputs + output] = sums[i];
        }
    }
    if input == 0 {
        bias[output] = sum;
    }
}

/// The gradient that the ReLU passes on to the sum below it.
#[cube]
fn passed_on(y: &[f32], gy: &[f32], at: usize, #[comptime] relu: bool) -> f32 {
    if relu { select(y[at] == 0.0f32, 0.0f32, gy[at]) } else { gy[at] }
}
