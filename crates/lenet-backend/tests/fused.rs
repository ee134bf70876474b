//! The fused operations against Burn's own, forward and backward, on random shapes.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, linear as stock_linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, TensorData};
use lenet_backend::ops::{conv_relu_pool, linear, linear_relu};
use lenet_backend::{Backend, open};
use proptest::prelude::*;

/// The CPU backends of this build, with autodiff.
fn devices() -> Vec<Device> {
    let cpu = [Backend::Flex, Backend::NdArray].into_iter().filter(|backend| backend.is_compiled_in());
    cpu.map(|backend| open(&backend.to_string().parse().unwrap()).unwrap().autodiff()).collect()
}

/// Whole numbers from -3 to 3: f32 adds and multiplies them without rounding, so whatever the order of the
/// sums, the result has the same bits. Many are equal, so there are ties in the pool.
fn whole<const D: usize>(dims: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let values =
        (0..dims.iter().product::<usize>()).map(|i| ((i * 7919 + seed * 104_729) % 10_007 % 7) as f32 - 3.0);
    Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), dims), device).require_grad()
}

fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

/// The output and the three gradients of `operation`, for an output gradient of whole numbers.
fn run<const D: usize>(
    inputs: [&Tensor<D>; 2],
    bias: &Tensor<1>,
    operation: impl Fn(Tensor<D>, Tensor<D>, Tensor<1>) -> Tensor<D>,
) -> [Vec<f32>; 4] {
    let y = operation(inputs[0].clone(), inputs[1].clone(), bias.clone());
    let weights = whole(y.dims(), 9, &y.device()).detach();
    let gradients = (y.clone() * weights).sum().backward();
    let [gx, gw] = inputs.map(|input| bits(input.grad(&gradients).unwrap()));
    [bits(y.inner()), gx, gw, bits(bias.grad(&gradients).unwrap())]
}

fn stock_block(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    max_pool2d(relu(conv2d(x, weight, Some(bias), options)), MaxPoolOptions::new([2, 2]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn conv_relu_pool_has_the_numbers_of_its_parts(
        batch in 1..12usize, channels in 1..5usize, filters in 1..20usize, kernel in prop::sample::select(vec![1usize, 3, 5]),
        rows in 1..5usize, columns in 1..5usize, seed in 0..1000usize,
    ) {
        for device in devices() {
            let x = whole([batch, channels, 2 * rows + kernel - 1, 2 * columns + kernel - 1], seed, &device);
            let weight = whole([filters, channels, kernel, kernel], seed + 1, &device);
            let bias = whole([filters], seed + 2, &device);
            prop_assert_eq!(run([&x, &weight], &bias, conv_relu_pool), run([&x, &weight], &bias, stock_block));
        }
    }

    #[test]
    fn linear_has_the_numbers_of_its_parts(
        batch in 1..40usize, inputs in 1..50usize, outputs in 1..50usize, seed in 0..1000usize, with_relu: bool,
    ) {
        for device in devices() {
            let x = whole([batch, inputs], seed, &device);
            let weight = whole([inputs, outputs], seed + 1, &device);
            let bias = whole([outputs], seed + 2, &device);
            let stock = |x, weight, bias| {
                let y = stock_linear(x, weight, Some(bias));
                if with_relu { relu(y) } else { y }
            };
            let fused = if with_relu { linear_relu } else { linear };
            prop_assert_eq!(run([&x, &weight], &bias, fused), run([&x, &weight], &bias, stock));
        }
    }
}

#[test]
fn images_may_lie_in_any_order_in_memory() {
    for device in devices() {
        let x = whole([4, 3, 10, 8], 1, &device);
        let (weight, bias) = (whole([5, 3, 3, 3], 2, &device), whole([5], 3, &device));
        let expected = bits(conv_relu_pool(x.clone(), weight.clone(), bias.clone()));
        let channels_last = x.clone().permute([0, 2, 3, 1]).mul_scalar(1).permute([0, 3, 1, 2]);
        assert_eq!(bits(conv_relu_pool(channels_last, weight.clone(), bias.clone())), expected);
        let turned = x.permute([3, 2, 1, 0]).mul_scalar(1).permute([3, 2, 1, 0]);
        assert_eq!(bits(conv_relu_pool(turned, weight, bias)), expected);
    }
}

#[test]
fn shapes_and_types_that_the_kernels_do_not_know_are_burns_own() {
    for device in devices() {
        let (weight, bias) = (whole([2, 1, 2, 2], 2, &device), whole([2], 3, &device));
        let x = whole([3, 1, 9, 9], 1, &device);
        let even_kernel = run([&x, &weight], &bias, conv_relu_pool);
        assert_eq!(even_kernel, run([&x, &weight], &bias, stock_block));

        let inputs =
            [whole([3, 1, 8, 8], 1, &device), whole([2, 1, 3, 3], 2, &device)].map(|t| t.cast(DType::F64));
        let [x, weight] = inputs;
        assert_eq!(conv_relu_pool(x, weight, bias.cast(DType::F64)).dtype(), DType::F64);
    }
}

#[test]
fn nothing_is_computed_for_an_image_that_is_not_tracked() {
    for device in devices() {
        let x = Tensor::<4>::ones([2, 1, 6, 6], &device);
        let (weight, bias) = (whole([2, 1, 3, 3], 2, &device), whole([2], 3, &device));
        let gradients = conv_relu_pool(x.clone(), weight.clone(), bias).sum().backward();
        assert!(x.grad(&gradients).is_none());
        assert!(weight.grad(&gradients).is_some());
    }
}

#[test]
fn nan_in_gives_nan_out() {
    for device in devices() {
        let mut values = vec![1.0f32; 36];
        values[0] = f32::NAN;
        let x = Tensor::<4>::from_data(TensorData::new(values, [1, 1, 6, 6]), &device);
        let y = conv_relu_pool(x, whole([1, 1, 3, 3], 2, &device), whole([1], 3, &device));
        let nan: Vec<bool> = bits(y.inner()).into_iter().map(f32::is_nan).collect();
        assert_eq!(nan, [true, false, false, false]);
    }
}
