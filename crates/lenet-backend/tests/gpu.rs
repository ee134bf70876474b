//! The kernels for GPUs against those for CPUs: on whole numbers, which f32 adds up without rounding in any order,
//! the bits are the same; elsewhere the differences are those of rounding. Without an adapter the tests are skipped.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_backend::ops::{
    Affine, conv_net, conv_relu_pool, cross_entropy, linear, linear_relu, mse_of_labels,
};
use lenet_backend::optim::{Update, UpdateRule, Updates};
use lenet_backend::{launches, open};

fn cpu() -> Device {
    open(&"flex".parse().unwrap()).unwrap()
}

fn gpu() -> Option<Device> {
    let device = open(&"wgpu".parse().unwrap()).ok();
    if device.is_none() {
        eprintln!("skipped: this machine has no wgpu adapter");
    }
    device
}

/// Whole numbers from -3 to 3, of which many are equal: there are ties in the pool.
fn whole<const D: usize>(dims: [usize; D], seed: usize) -> TensorData {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 10_007 % 7) as f32 - 3.0;
    TensorData::new((0..dims.iter().product()).map(value).collect::<Vec<f32>>(), dims)
}

/// Numbers from -1 to 1.
fn fractions<const D: usize>(dims: [usize; D], seed: usize) -> TensorData {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 10_007) as f32 / 5003.5 - 1.0;
    TensorData::new((0..dims.iter().product()).map(value).collect::<Vec<f32>>(), dims)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn tracked<const D: usize>(data: &TensorData, device: &Device) -> Tensor<D> {
    Tensor::from_data(data.clone(), &device.clone().autodiff()).require_grad()
}

/// The output and the three gradients of `operation`, for an output gradient of whole numbers.
fn run<const D: usize>(
    [x, weight, bias]: &[TensorData; 3],
    operation: impl Fn(Tensor<D>, Tensor<D>, Tensor<1>) -> Tensor<D>,
    device: &Device,
) -> [Vec<f32>; 4] {
    let (x, weight, bias) = (tracked(x, device), tracked(weight, device), tracked(bias, device));
    let y = operation(x.clone(), weight.clone(), bias.clone());
    let weights = Tensor::from_data(whole(y.dims(), 9), &y.device());
    let gradients = (y.clone() * weights).sum().backward();
    let [gx, gw] = [x, weight].map(|input| numbers(input.grad(&gradients).unwrap()));
    [numbers(y.inner()), gx, gw, numbers(bias.grad(&gradients).unwrap())]
}

/// Filters, channels, kernel, and rows and columns of the output.
const BLOCKS: [[usize; 5]; 6] = [
    [6, 1, 5, 14, 14],
    [16, 6, 5, 5, 5],
    [1, 1, 1, 1, 1],
    [3, 9, 3, 2, 7],
    [5, 2, 7, 3, 1],
    [17, 16, 1, 1, 3],
];

#[test]
fn the_block_has_the_numbers_of_the_cpus() {
    let Some(gpu) = gpu() else { return };
    for [filters, channels, kernel, rows, columns] in BLOCKS {
        for batch in [1, 3, 7, 64] {
            let x = whole([batch, channels, 2 * rows + kernel - 1, 2 * columns + kernel - 1], 1);
            let inputs = [x, whole([filters, channels, kernel, kernel], 2), whole([filters], 3)];
            let [found, expected] = [&gpu, &cpu()].map(|device| run::<4>(&inputs, conv_relu_pool, device));
            assert!(found == expected, "{batch} images, {filters} filters of {channels}·{kernel}·{kernel}");
        }
    }
}

#[test]
fn a_large_batch_has_the_numbers_of_the_cpus() {
    let Some(gpu) = gpu() else { return };
    let batch = 4096;
    for [filters, channels, kernel, size] in [[6, 1, 5, 32], [16, 6, 5, 14]] {
        let x = whole([batch, channels, size, size], 1);
        let inputs = [x, whole([filters, channels, kernel, kernel], 2), whole([filters], 3)];
        let [found, expected] = [&gpu, &cpu()].map(|device| run::<4>(&inputs, conv_relu_pool, device));
        assert!(found == expected, "{filters} filters of {channels}·{kernel}·{kernel}");
    }
    for [inputs, outputs] in [[400, 120], [84, 10]] {
        let data = [whole([batch, inputs], 1), whole([inputs, outputs], 2), whole([outputs], 3)];
        let [found, expected] = [&gpu, &cpu()].map(|device| run::<2>(&data, linear_relu, device));
        assert!(found == expected, "{inputs} inputs, {outputs} outputs");
    }
}

#[test]
fn the_linear_layer_has_the_numbers_of_the_cpus() {
    let Some(gpu) = gpu() else { return };
    for [inputs, outputs] in [[400, 120], [84, 10], [1, 1], [17, 3], [5, 33]] {
        for batch in [1, 3, 7, 15, 16, 17, 64] {
            let data = [whole([batch, inputs], 1), whole([inputs, outputs], 2), whole([outputs], 3)];
            for operation in [linear, linear_relu] {
                let [found, expected] = [&gpu, &cpu()].map(|device| run::<2>(&data, operation, device));
                assert!(found == expected, "{batch} rows, {inputs} inputs, {outputs} outputs");
            }
        }
    }
}

/// Output and all gradients of a network of LeNet's sizes.
fn net(batch: usize, device: &Device) -> Vec<Vec<f32>> {
    let x = tracked::<4>(&fractions([batch, 1, 32, 32], 1), device);
    let block = |dims: [usize; 4], seed| {
        let bias = tracked(&fractions([dims[0]], seed + 1), device);
        Affine::new(tracked(&fractions(dims, seed), device).mul_scalar(0.2), bias)
    };
    let layer = |dims: [usize; 2], seed| {
        let bias = tracked(&fractions([dims[1]], seed + 1), device);
        Affine::new(tracked(&fractions(dims, seed), device).mul_scalar(0.1), bias)
    };
    let blocks = [block([6, 1, 5, 5], 2), block([16, 6, 5, 5], 4)];
    let layers = [layer([400, 120], 6), layer([120, 84], 8), layer([84, 10], 10)];
    let y = conv_net(x.clone(), blocks.clone(), layers.clone());
    let gradients =
        (y.clone() * Tensor::from_data(fractions([batch, 10], 12), &y.device())).mean().backward();
    let mut found = vec![numbers(y.inner()), numbers(x.grad(&gradients).unwrap())];
    found.extend(blocks.map(|Affine { bias, .. }| numbers(bias.grad(&gradients).unwrap())));
    found.extend(layers.map(|Affine { bias, .. }| numbers(bias.grad(&gradients).unwrap())));
    found
}

#[test]
fn the_network_has_the_numbers_of_the_cpus_but_for_rounding_and_the_same_bits_each_time() {
    let Some(gpu) = gpu() else { return };
    for batch in [1, 3, 7, 64] {
        let (found, expected) = (net(batch, &gpu), net(batch, &cpu()));
        for (found, expected) in found.iter().zip(&expected) {
            let largest = expected.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-4 * largest, "{batch}: {found}, not {expected}");
            }
        }
        assert_eq!(net(batch, &gpu), found, "{batch} images: the second run");
    }
}

#[test]
fn images_in_any_order_in_memory_have_the_same_result() {
    let Some(gpu) = gpu() else { return };
    let tensor = |data| Tensor::<4>::from_data(data, &gpu);
    let (x, weight) = (tensor(whole([4, 3, 10, 8], 1)), tensor(whole([5, 3, 3, 3], 2)));
    let bias = Tensor::<1>::from_data(whole([5], 3), &gpu);
    let expected = numbers(conv_relu_pool(x.clone(), weight.clone(), bias.clone()));
    let turned = x.permute([3, 2, 1, 0]).mul_scalar(1).permute([3, 2, 1, 0]);
    assert_eq!(numbers(conv_relu_pool(turned, weight, bias)), expected);
}

/// Loss and gradient of the logits, for a loss that is multiplied by 2 afterwards.
fn loss(
    (logits, labels): (&TensorData, &[i32]),
    device: &Device,
    loss: impl Fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>,
) -> Vec<f32> {
    let logits = tracked::<2>(logits, device);
    let value = loss(logits.clone(), Tensor::from_data(labels, device)) * 2.0;
    let mut found = numbers(logits.grad(&value.backward()).unwrap());
    found.push(value.into_scalar());
    found
}

#[test]
fn losses_and_their_gradients_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    for (batch, classes) in [(1, 10), (3, 1), (64, 10), (7, 33), (4096, 10)] {
        let logits = fractions([batch, classes], batch);
        let labels: Vec<i32> = (0..batch).map(|row| (row * 7 % classes) as i32).collect();
        let weights: Vec<f32> = (1..=classes).map(|class| class as f32 / 4.0).collect();
        let settings = [(0.0, None), (0.125, None), (0.0, Some(&weights[..])), (0.125, Some(&weights[..]))];
        let same = |of: &dyn Fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>| {
            let [found, expected] = [&gpu, &cpu()].map(|device| loss((&logits, &labels), device, of));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-5, "{batch}·{classes}: {found}, not {expected}");
            }
        };
        for (smoothing, weights) in settings {
            same(&|logits, labels| cross_entropy(logits, labels, smoothing, weights));
        }
        same(&mse_of_labels);
    }
}

#[test]
fn a_label_that_is_no_class_makes_the_loss_nan() {
    let Some(gpu) = gpu() else { return };
    for label in [-1, 3, i32::MIN, i32::MAX] {
        let found = loss((&fractions([2, 3], 1), &[1, label]), &gpu, mse_of_labels);
        let nan: Vec<bool> = found.iter().map(|number| number.is_nan()).collect();
        assert_eq!(nan, [false, false, false, true, true, true, true]);
    }
}

const RULES: [UpdateRule; 9] = [
    UpdateRule::Sgd { momentum: 0.0 },
    UpdateRule::Sgd { momentum: 0.9 },
    UpdateRule::Nesterov { momentum: 0.9 },
    UpdateRule::Adam { betas: [0.9, 0.999], epsilon: 1e-8 },
    UpdateRule::Adamw { betas: [0.9, 0.999], epsilon: 1e-8 },
    UpdateRule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false },
    UpdateRule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.9, centered: false },
    UpdateRule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.9, centered: true },
    UpdateRule::Adagrad { epsilon: 1e-10 },
];

/// Parameters of odd sizes and one of two dimensions, after three steps; and the launches of each step.
fn updated(rule: UpdateRule, decay: f64, device: &Device) -> (Vec<Vec<f32>>, Vec<usize>) {
    let tensor = |size, seed| Tensor::<1>::from_data(fractions([size], seed), device);
    let mut flat: Vec<_> = [1, 7, 300].map(|size| (tensor(size, size), Vec::new())).into();
    let mut square = (Tensor::<2>::from_data(fractions([17, 5], 3), device), Vec::new());
    let mut counts = Vec::new();
    for step in 1..=3 {
        let update = Update::new(rule, step, 0.1 / step as f64).with_weight_decay(decay);
        let gradients: Vec<_> = flat.iter().map(|(p, _)| tensor(p.dims()[0], 50 + step)).collect();
        let gradient = Tensor::<2>::from_data(fractions([17, 5], 60 + step), device);
        let (after, names) = launches(|| {
            let mut updates = Updates::default();
            let flat: Vec<_> = flat
                .drain(..)
                .zip(gradients)
                .map(|((parameter, state), gradient)| updates.add(update, parameter, gradient, state))
                .collect();
            (flat, updates.add(update, square.0.clone(), gradient, square.1.clone()))
        });
        (flat, square) = after;
        counts.push(names.len());
    }
    let mut found: Vec<Vec<f32>> = flat.into_iter().map(|(parameter, _)| numbers(parameter)).collect();
    found.push(numbers(square.0));
    (found, counts)
}

#[test]
fn the_steps_of_every_optimizer_are_the_cpus_but_for_rounding() {
    let Some(gpu) = gpu() else { return };
    for rule in RULES {
        for decay in [0.0, 0.01] {
            let [found, expected] = [&gpu, &cpu()].map(|device| updated(rule, decay, device).0);
            for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                assert!((found - expected).abs() <= 1e-4, "{rule:?}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn a_parameter_that_another_tensor_shares_keeps_its_numbers_there() {
    let Some(gpu) = gpu() else { return };
    let parameter = Tensor::<1>::from_floats([1.0, 2.0], &gpu);
    let sgd = Update::new(UpdateRule::Sgd { momentum: 0.0 }, 1, 1.0);
    let ones = Tensor::<1>::ones([2], &gpu);
    let (after, _) = lenet_backend::optim::update(sgd, parameter.clone(), ones, Vec::new());
    assert_eq!((numbers(parameter), numbers(after)), (vec![1.0, 2.0], vec![0.0, 1.0]));
}
