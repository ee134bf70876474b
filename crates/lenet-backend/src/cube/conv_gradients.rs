//! The gradients of the convolution block.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, has, planted};
use super::{Gradients, add_up, empty, grid, numbers, units};
use crate::conv_shape::ConvShape;

/// Windows for each workgroup that sums a gradient of the weights: fewer leave its units idle.
const WINDOWS: usize = 512;
/// Number of workgroups above which the windows of the batch are not divided further.
const ENOUGH_WORKGROUPS: usize = 1024;

/// Computes the gradients of a block; `gy` is the gradient of its output. `routes` are those of the forward pass.
pub(crate) fn block_backward(
    shape: ConvShape,
    x: &CubeTensor,
    weight: &CubeTensor,
    routes: &CubeTensor,
    gy: &CubeTensor,
    with_x: bool,
) -> Gradients {
    let [weight_gradient, bias] = parameter_gradients(shape, x, weight, routes, gy);
    let x = with_x.then(|| input_gradient(shape, x, weight, routes, gy));
    Gradients { x, weight: weight_gradient, bias }
}

fn input_gradient(
    shape: ConvShape,
    x: &CubeTensor,
    weight: &CubeTensor,
    routes: &CubeTensor,
    gy: &CubeTensor,
) -> CubeTensor {
    let gx = empty(x, x.shape(), DType::F32);
    // A unit computes several channels of a pixel, because it reads the same routes for all of them.
    let tile = (1..=8).rev().find(|tile| shape.channels.is_multiple_of(*tile)).unwrap_or(1);
    let (count, dim) = grid(&x.client, gx.shape().num_elements() / tile);
    conv_input_gradient::launch(
        &x.client,
        count,
        dim,
        numbers(weight),
        numbers(routes),
        numbers(gy),
        numbers(&gx),
        shape,
        tile,
    );
    gx
}

/// The gradients of weight and bias: workgroups sum over parts of the batch, and a second kernel adds the parts up.
fn parameter_gradients(
    shape: ConvShape,
    x: &CubeTensor,
    weight: &CubeTensor,
    routes: &CubeTensor,
    gy: &CubeTensor,
) -> [CubeTensor; 2] {
    let [batch, ..] = x.shape().dims::<4>();
    let windows = batch * shape.pooled_height() * shape.pooled_width();
    let pairs = shape.filters * shape.channels;
    let parts = windows.div_ceil(WINDOWS).min(ENOUGH_WORKGROUPS.div_ceil(pairs)).max(1);
    let weights = weight.shape().num_elements();
    let part_sums = [weights, shape.filters].map(|length| empty(x, [parts * length], DType::F32));
    let units = units(&x.client, 64);
    conv_weight_gradient::launch(
        &x.client,
        CubeCount::new_2d(pairs as u32, parts as u32),
        CubeDim::new_1d(units),
        numbers(x),
        numbers(routes),
        numbers(gy),
        numbers(&part_sums[0]),
        numbers(&part_sums[1]),
        windows.div_ceil(parts),
        windows - usize::from(has(Bug::WindowTail)),
        shape,
        units as usize,
        planted(&[Bug::BarrierMissing, Bug::WorkgroupRace]),
    );
    let gradients = [weight.shape(), [shape.filters].into()].map(|shape| empty(x, shape, DType::F32));
    let (count, dim) = grid(&x.client, weights + shape.filters);
    sum_of_parts::launch(
        &x.client,
        count,
        dim,
        numbers(&part_sums[0]),
        numbers(&part_sums[1]),
        numbers(&gradients[0]),
        numbers(&gradients[1]),
        if has(Bug::WorkgroupRace) { 1 } else { parts },
    );
    gradients
}

/// One unit computes `tile` channels of one pixel: the sum over the windows whose patch covers the pixel.
#[cube(launch)]
fn conv_input_gradient(
    weight: &[f32],
    routes: &[u32],
    gy: &[f32],
    gx: &mut [f32],
    #[comptime] shape: ConvShape,
    #[comptime] tile: usize,
) {
    let height = comptime!(shape.height);
    let width = comptime!(shape.width);
    let pooled_height = comptime!(shape.pooled_height());
    let pooled_width = comptime!(shape.pooled_width());
    let channels = comptime!(shape.channels);
    let filters = comptime!(shape.filters);
    let kernel = comptime!(shape.kernel);
    let tiles = comptime!(channels / tile);

    let pixel = ABSOLUTE_POS;
    if pixel >= gx.len() / tile {
        terminate!();
    }
    let column = pixel % width;
    let row = pixel / width % height;
    let channel = pixel / (width * height) % tiles * tile;
    let image = pixel / (width * height * tiles);

    let mut sums = Array::<f32>::new(tile);
    #[unroll]
    for i in 0..tile {
        sums[i] = 0.0f32;
    }
    let first_row = first_window(row, kernel);
    let first_column = first_window(column, kernel);
    let end_row = min(row / 2 + 1, pooled_height);
    let end_column = min(column / 2 + 1, pooled_width);
    for filter in 0..filters {
        for window_row in first_row..end_row {
            for window_column in first_column..end_column {
                let window =
                    ((image * filters + filter) * pooled_height + window_row) * pooled_width + window_column;
                let route = routes[window] as usize;
                // Position of the routed number in the convolution's output.
                let top = 2 * window_row + route / 2;
                let left = 2 * window_column + route % 2;
                if route < 4 && top <= row && row - top < kernel && left <= column && column - left < kernel {
                    let factor = gy[window];
                    let at = (row - top) * kernel + column - left;
                    #[unroll]
                    for i in 0..tile {
                        sums[i] += factor * weight[(filter * channels + channel + i) * kernel * kernel + at];
                    }
                }
            }
        }
    }
    #[unroll]
    for i in 0..tile {
        gx[((image * channels + channel + i) * height + row) * width + column] = sums[i];
    }
}

/// The first window, along one side, with an output whose patch covers the pixel `at`.
#[cube]
fn first_window(at: usize, #[comptime] kernel: usize) -> usize {
    let mut first = 0usize.runtime();
    if at >= kernel {
        first = (at - kernel + 1) / 2;
    }
    first
}

/// One workgroup computes the gradient of the weights from one channel to one filter, over the windows of one part of
/// the batch; that of the first channel also computes the filter's bias. `weight_parts` is `[parts, weights]`.
#[cube(launch)]
fn conv_weight_gradient(
    x: &[f32],
    routes: &[u32],
    gy: &[f32],
    weight_parts: &mut [f32],
    bias_parts: &mut [f32],
    windows_of_part: usize,
    windows: usize,
    #[comptime] shape: ConvShape,
    #[comptime] units: usize,
    #[comptime] bug: Option<Bug>,
) {
    let height = comptime!(shape.height);
    let width = comptime!(shape.width);
    let pooled_height = comptime!(shape.pooled_height());
    let pooled_width = comptime!(shape.pooled_width());
    let channels = comptime!(shape.channels);
    let filters = comptime!(shape.filters);
    let kernel = comptime!(shape.kernel);
    let taps = comptime!(kernel * kernel);
    let sums_len = comptime!(taps + 1); // The last one is the bias.
    let pooled = comptime!(pooled_height * pooled_width);

    let pair = CUBE_POS_X as usize;
    let filter = pair / channels;
    let channel = pair % channels;
    let part = CUBE_POS_Y as usize;
    let unit = UNIT_POS as usize;

    let mut sums = Array::<f32>::new(sums_len);
    #[unroll]
    for i in 0..sums_len {
        sums[i] = 0.0f32;
    }
    let start = part * windows_of_part + unit;
    let end = min((part + 1) * windows_of_part, windows);
    for window in range_stepped(start, end, units) {
        let image = window / pooled;
        let at = window % pooled;
        let output = (image * filters + filter) * pooled + at;
        let route = routes[output] as usize;
        if route < 4 {
            let factor = gy[output];
            let row = at / pooled_width * 2 + route / 2;
            let column = at % pooled_width * 2 + route % 2;
            let from = ((image * channels + channel) * height + row) * width + column;
            #[unroll]
            for i in 0..kernel {
                #[unroll]
                for j in 0..kernel {
                    sums[i * kernel + j] += factor * x[from + i * width + j];
                }
            }
            sums[taps] += factor;
        }
    }

    let mut shared = Shared::<[f32]>::new_slice(units * sums_len);
    #[unroll]
    for i in 0..sums_len {
        shared[unit * sums_len + i] = sums[i];
    }
    add_up(&mut shared, units, sums_len, bug);
    let part = if comptime!(bug == Some(Bug::WorkgroupRace)) { 0usize.runtime() } else { part };
    for i in range_stepped(unit, taps, units) {
        weight_parts[(part * filters * channels + pair) * taps + i] = shared[i];
    }
    if channel == 0 && unit == 0 {
        bias_parts[part * filters + filter] = shared[taps];
    }
}

/// Adds up the parts of the batch, one after the other.
#[cube(launch)]
fn sum_of_parts(
    weight_parts: &[f32],
    bias_parts: &[f32],
    weight: &mut [f32],
    bias: &mut [f32],
    parts: usize,
) {
    let weights = weight.len();
    let biases = bias.len();
    let at = ABSOLUTE_POS;
    let mut sum = 0.0f32;
    if at < weights {
        for part in 0..parts {
            sum += weight_parts[part * weights + at];
        }
        weight[at] = sum;
    } else if at < weights + biases {
        for part in 0..parts {
            sum += bias_parts[part * biases + at - weights];
        }
        bias[at - weights] = sum;
    }
}
