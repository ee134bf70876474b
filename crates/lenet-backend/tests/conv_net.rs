//! The network as one operation against its parts one after the other: the same bits, forward and backward.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use lenet_backend::ops::{
    Affine, AffineGradient, conv_net, conv_net_pass, conv_relu_pool, linear, linear_relu,
};
use lenet_backend::{Backend, number, open};
use proptest::prelude::*;

/// The CPU backends of this build, with autodiff.
fn devices() -> Vec<Device> {
    let cpu = [Backend::Flex, Backend::NdArray].into_iter().filter(|backend| backend.is_compiled_in());
    cpu.map(|backend| open(&backend.to_string().parse().unwrap()).unwrap().autodiff()).collect()
}

/// Numbers between -1 and 1, of which many need all bits of an f32.
fn numbers<const D: usize>(dims: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 10_007) as f32 / 5003.5 - 1.0;
    let values = (0..dims.iter().product::<usize>()).map(value).collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, dims), device)
}

fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
    tensor.into_data().try_into_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
}

/// The inputs of a network: images, blocks and layers.
struct Inputs(Tensor<4>, [Affine<4>; 2], [Affine<2>; 3]);

impl Inputs {
    /// A network with layers of these sizes. Bit `i` of `tracked` selects whether tensor `i` requires a gradient.
    fn new(batch: usize, [side, filters, more, hidden]: [usize; 4], tracked: usize, device: &Device) -> Self {
        let pooled = side / 2; // The second block has kernels of 1×1.
        let mut index = 0;
        let mut next = || {
            index += 1;
            (index, tracked >> (index - 1) & 1 == 1)
        };
        let x = with(next(), [batch, 2, 2 * side + 2, 2 * side + 2], device);
        let mut block =
            |dims: [usize; 4]| Affine::new(with(next(), dims, device), with(next(), [dims[0]], device));
        let blocks = [block([filters, 2, 3, 3]), block([more, filters, 1, 1])];
        let mut layer =
            |dims: [usize; 2]| Affine::new(with(next(), dims, device), with(next(), [dims[1]], device));
        let layers = [layer([more * pooled * pooled, hidden]), layer([hidden, 7]), layer([7, 3])];
        Self(x, blocks, layers)
    }

    /// The bits of the output and of the gradients that there are.
    fn run(
        &self,
        network: impl Fn(Tensor<4>, [Affine<4>; 2], [Affine<2>; 3]) -> Tensor<2>,
    ) -> Vec<Option<Vec<u32>>> {
        let Self(x, blocks, layers) = self;
        let y = network(x.clone(), blocks.clone(), layers.clone());
        let mut found = vec![Some(bits(y.clone().inner()))];
        if !y.is_tracked() {
            return found;
        }
        let weights = numbers(y.dims(), 99, &y.device());
        let gradients = (y * weights).sum().backward();
        found.push(x.grad(&gradients).map(bits));
        for Affine { weight, bias, .. } in blocks {
            found.extend([weight.grad(&gradients).map(bits), bias.grad(&gradients).map(bits)]);
        }
        for Affine { weight, bias, .. } in layers {
            found.extend([weight.grad(&gradients).map(bits), bias.grad(&gradients).map(bits)]);
        }
        found
    }
}

impl Inputs {
    /// What [`run`](Self::run) finds with [`conv_net`], by the passes without a graph; `None` where they are not to be had.
    fn run_passes(&self) -> Option<Vec<Option<Vec<u32>>>> {
        let Self(x, blocks, layers) = self;
        let (y, pass) = conv_net_pass(x.clone(), blocks.clone(), layers.clone())?;
        let mut found = vec![Some(bits(y.clone()))];
        let (blocks, layers) = pass.backward(numbers(y.dims(), 99, &y.device()));
        found.push(None); // The images have no gradient.
        for AffineGradient { weight, bias, .. } in blocks {
            found.extend([weight.map(bits), bias.map(bits)]);
        }
        for AffineGradient { weight, bias, .. } in layers {
            found.extend([weight.map(bits), bias.map(bits)]);
        }
        Some(found)
    }
}

fn with<const D: usize>((seed, tracked): (usize, bool), dims: [usize; D], device: &Device) -> Tensor<D> {
    let tensor = numbers(dims, seed, device);
    if tracked { tensor.require_grad() } else { tensor }
}

fn parts(x: Tensor<4>, blocks: [Affine<4>; 2], layers: [Affine<2>; 3]) -> Tensor<2> {
    let x = blocks.into_iter().fold(x, |x, Affine { weight, bias, .. }| conv_relu_pool(x, weight, bias));
    let [first, second, last] = layers;
    let x = linear_relu(x.flatten::<2>(1, 3), first.weight, first.bias);
    linear(linear_relu(x, second.weight, second.bias), last.weight, last.bias)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn has_the_bits_of_its_parts_whatever_requires_a_gradient(
        batch in 1..9usize, side in prop::sample::select(vec![2usize, 4, 6]), filters in 1..20usize, more in 1..20usize,
        hidden in 1..30usize, tracked in 0..1usize << 11,
    ) {
        for device in devices() {
            let inputs = Inputs::new(batch, [side, filters, more, hidden], tracked, &device);
            prop_assert_eq!(inputs.run(conv_net), inputs.run(parts));
        }
    }

    #[test]
    fn the_passes_without_a_graph_have_the_bits_of_those_with_one(
        batch in 1..9usize, side in prop::sample::select(vec![2usize, 4, 6]), filters in 1..20usize, more in 1..20usize,
        hidden in 1..30usize, tracked in 0..1usize << 10,
    ) {
        for device in devices() {
            let inputs = Inputs::new(batch, [side, filters, more, hidden], tracked << 1, &device); // Not the images.
            let (expected, found) = (inputs.run(conv_net), inputs.run_passes());
            let is_flex = number(&Tensor::ones([1], &device.clone().inner())).is_some();
            prop_assert_eq!(found.is_some(), is_flex);
            if let Some(found) = found {
                prop_assert_eq!(&found[..expected.len()], &expected[..]);
                prop_assert!(found.iter().skip(expected.len()).all(Option::is_none), "nothing is tracked");
            }
        }
    }
}

#[test]
fn there_is_no_pass_without_a_graph_where_a_gradient_has_to_go_on_below_it() {
    for device in devices() {
        let of_images = Inputs::new(4, [2, 3, 3, 5], 1, &device);
        assert!(of_images.run_passes().is_none(), "the images require a gradient");
        let mut of_weights = Inputs::new(4, [2, 3, 3, 5], 0b11_1111_1110, &device);
        of_weights.1[0].weight = of_weights.1[0].weight.clone() * 2.0;
        assert!(of_weights.run_passes().is_none(), "a weight is the result of an operation");
    }
}

#[test]
fn images_that_the_kernels_do_not_know_are_computed_by_the_parts() {
    for device in devices() {
        // The second block pools an odd number of rows.
        let blocks = [[2, 1, 3, 3], [2, 2, 2, 2]]
            .map(|dims| Affine::new(numbers(dims, 1, &device).require_grad(), numbers([2], 2, &device)));
        let layers = [[8, 5], [5, 4], [4, 3]].map(|dims: [usize; 2]| {
            Affine::new(numbers(dims, 3, &device), numbers([dims[1]], 4, &device).require_grad())
        });
        let inputs = Inputs(numbers([3, 1, 12, 12], 5, &device), blocks, layers);
        assert_eq!(inputs.run(conv_net), inputs.run(parts));
    }
}

#[test]
fn the_layers_below_the_lowest_tracked_tensor_have_no_gradient() {
    for device in devices() {
        let last_weight = 1 << 9;
        let found = Inputs::new(4, [2, 3, 3, 5], last_weight, &device).run(conv_net);
        let has_gradient: Vec<bool> = found.iter().skip(1).map(Option::is_some).collect();
        assert_eq!(has_gradient, (0..11).map(|tensor| tensor == 9).collect::<Vec<bool>>());
    }
}
