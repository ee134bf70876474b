//! Each fused operation beside the equivalent Burn operations, forward alone and forward with backward; and
//! optimizer steps.

use std::error::Error;
use std::time::{Duration, Instant};

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, Optimizer, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Distribution, Int, Tensor};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use lenet_backend::ops::{conv_relu_pool, cross_entropy, linear_relu};
use lenet_backend::optim::{Update, UpdateRule, update};
use lenet_bench::{BATCHES, devices, wait_for};

/// Number of LeNet's parameters.
const PARAMETERS: usize = 61_706;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for (backend, device) in devices()? {
        let mut compare = |name: &str, shape: Shape, fused: Operation, stock: Operation| {
            for (operations, operation) in [("fused", fused), ("stock", stock)] {
                forward(
                    &mut criterion,
                    &format!("{name}/forward/{backend}/{operations}"),
                    shape,
                    operation,
                    &device,
                );
                both_ways(
                    &mut criterion,
                    &format!("{name}/both ways/{backend}/{operations}"),
                    shape,
                    operation,
                    &device,
                );
            }
        };
        compare("first block", Shape::Block([1, 32, 6]), fused_block, stock_block);
        compare("second block", Shape::Block([6, 14, 16]), fused_block, stock_block);
        compare("linear 400 to 120", Shape::Layer([400, 120]), fused_layer, stock_layer);
        compare("cross-entropy", Shape::Logits, fused_loss, stock_loss);
        optimizers(&mut criterion, &backend.to_string(), &device);
    }
    criterion.final_summary();
    Ok(())
}

/// Random inputs of an operation, for a batch of images.
#[derive(Clone)]
struct Inputs {
    images: Tensor<4>,
    rows: Tensor<2>,
    filters: Tensor<4>,
    matrix: Tensor<2>,
    bias: Tensor<1>,
    labels: Tensor<1, Int>,
}

#[derive(Clone, Copy)]
enum Shape {
    /// Convolution, ReLU and max-pool: channels, side of the image, filters.
    Block([usize; 3]),
    /// Linear layer: inputs, outputs.
    Layer([usize; 2]),
    /// Loss: ten logits per sample.
    Logits,
}

impl Inputs {
    /// Inputs for a batch of `images` images.
    fn new(shape: Shape, images: usize, device: &Device) -> Self {
        let (mut image, mut patch, mut row, mut matrix, mut outputs) = ([1; 3], [1; 4], 1, [1; 2], 1);
        match shape {
            Shape::Block([channels, side, filters]) => {
                (image, patch, outputs) = ([channels, side, side], [filters, channels, 5, 5], filters);
            }
            Shape::Layer([from, to]) => (row, matrix, outputs) = (from, [from, to], to),
            Shape::Logits => row = 10,
        }
        let normal = Distribution::Normal(0.0, 1.0);
        Self {
            images: Tensor::random([images, image[0], image[1], image[2]], normal, device),
            rows: Tensor::random([images, row], normal, device),
            filters: Tensor::random(patch, normal, device),
            matrix: Tensor::random(matrix, normal, device),
            bias: Tensor::random([outputs], normal, device),
            labels: Tensor::arange(0..images as i64, device).remainder_scalar(10),
        }
    }

    /// Marks all float inputs as requiring gradients.
    fn tracked(self) -> Self {
        Self {
            images: self.images.require_grad(),
            rows: self.rows.require_grad(),
            filters: self.filters.require_grad(),
            matrix: self.matrix.require_grad(),
            bias: self.bias.require_grad(),
            labels: self.labels,
        }
    }
}

/// An operation; its result is flattened.
type Operation = fn(Inputs) -> Tensor<1>;

fn fused_block(inputs: Inputs) -> Tensor<1> {
    conv_relu_pool(inputs.images, inputs.filters, inputs.bias).flatten(0, 3)
}

fn stock_block(inputs: Inputs) -> Tensor<1> {
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let y = relu(conv2d(inputs.images, inputs.filters, Some(inputs.bias), options));
    max_pool2d(y, MaxPoolOptions::new([2, 2])).flatten(0, 3)
}

fn fused_layer(inputs: Inputs) -> Tensor<1> {
    linear_relu(inputs.rows, inputs.matrix, inputs.bias).flatten(0, 1)
}

fn stock_layer(inputs: Inputs) -> Tensor<1> {
    relu(linear(inputs.rows, inputs.matrix, Some(inputs.bias))).flatten(0, 1)
}

fn fused_loss(inputs: Inputs) -> Tensor<1> {
    cross_entropy(inputs.rows, inputs.labels, 0.0, None)
}

fn stock_loss(inputs: Inputs) -> Tensor<1> {
    let loss = CrossEntropyLossConfig::new().init(&inputs.rows.device());
    loss.forward(inputs.rows, inputs.labels)
}

fn forward(criterion: &mut Criterion, name: &str, shape: Shape, operation: Operation, device: &Device) {
    bench(criterion, name, &BATCHES, |images, times| {
        let inputs = Inputs::new(shape, images, device);
        timed(times, device, || drop(operation(inputs.clone())))
    });
}

/// Measures forward and backward, with gradients of inputs and parameters.
fn both_ways(criterion: &mut Criterion, name: &str, shape: Shape, operation: Operation, device: &Device) {
    let device = device.clone().autodiff();
    bench(criterion, name, &BATCHES, |images, times| {
        let inputs = Inputs::new(shape, images, &device).tracked();
        timed(times, &device, || drop(operation(inputs.clone()).sum().backward()))
    });
}

/// Measures an optimizer step on one tensor with as many numbers as LeNet has parameters.
fn optimizers(criterion: &mut Criterion, backend: &str, device: &Device) {
    let adam = UpdateRule::Adam { betas: [0.9, 0.999], epsilon: 1e-8 };
    for (name, rule) in [("momentum", UpdateRule::Sgd { momentum: 0.9 }), ("adam", adam)] {
        bench(criterion, &format!("{name}/{backend}/fused"), &[PARAMETERS], |count, times| {
            let (mut parameter, gradient) = (vector(count, device), vector(count, device));
            let (mut kept, mut step) = (Vec::new(), 0);
            timed(times, device, || {
                step += 1;
                let how = Update::new(rule, step, 1e-3);
                let (old, kept_before) = (parameter.clone(), std::mem::take(&mut kept));
                (parameter, kept) = update(how, old, gradient.clone(), kept_before);
            })
        });
    }
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    stock_steps(
        criterion,
        "momentum",
        backend,
        device,
        &SgdConfig::new().with_momentum(Some(momentum)).build(),
    );
    stock_steps(criterion, "adam", backend, device, &AdamConfig::new().build());
}

fn stock_steps(
    criterion: &mut Criterion,
    name: &str,
    backend: &str,
    device: &Device,
    optimizer: &impl Optimizer,
) {
    bench(criterion, &format!("{name}/{backend}/stock"), &[PARAMETERS], |count, times| {
        let (mut parameter, gradient, mut state) = (vector(count, device), vector(count, device), None);
        timed(times, device, || {
            let old = parameter.clone();
            (parameter, state) = optimizer.step(1e-3, old, gradient.clone(), state.take());
        })
    });
}

fn vector(count: usize, device: &Device) -> Tensor<1> {
    Tensor::random([count], Distribution::Normal(0.0, 1.0), device)
}

/// Benchmarks `work` for each size. `work(size, times)` repeats an operation on `size` elements and returns
/// the total time.
fn bench(criterion: &mut Criterion, name: &str, sizes: &[usize], work: impl Fn(usize, u64) -> Duration) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for &size in sizes {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_custom(|times| work(size, times));
        });
    }
    group.finish();
}

fn timed(times: u64, device: &Device, mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| work());
    wait_for(device);
    start.elapsed()
}
