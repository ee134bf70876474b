//! What this workspace computes with kernels of its own on a CPU, it computes on a remote device, too: with
//! Burn's operations, which the server knows, to the same numbers. And what a training needs of a device, a
//! remote one has.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::net::TcpListener;
use std::sync::OnceLock;

use burn::remote::RemoteHost;
use burn::server::{RemoteServer, WebSocketTransport};
use burn::tensor::{Device, Int, Tensor, TensorData};
use lenet_backend::is_on_host;
use lenet_backend::ops::{conv_relu_pool, cross_entropy, linear, linear_relu, mse_of_labels};
use lenet_backend::optim::{GlobalNorm, Update, UpdateRule, clamp, moving_average, scale, update};
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::hooks::{Accumulate, ClipGradNorm, ClipGradValue, Ema, FiniteGuard};
use lenet_train::{Checkpoint, Checkpoints, Loss, Optimizer, OptimizerKind, Trainer};

fn local() -> Device {
    lenet_backend::open(&"flex".parse().unwrap()).unwrap()
}

/// A device of one server for all tests of this file.
fn remote() -> Device {
    static URL: OnceLock<String> = OnceLock::new();
    let url = URL.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let server = RemoteServer::new([local()]);
        std::thread::spawn(move || server.serve(WebSocketTransport::from_listener(listener)).unwrap());
        url
    });
    Device::remote_options(&RemoteHost::websocket(url)).init().unwrap()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().unwrap()
}

/// Whole numbers from -3 to 3, of which f32 has every product and sum, in whatever order.
fn whole<const D: usize>(dims: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let values = (0..dims.iter().product()).map(|i: usize| ((i * 7919 + seed) % 10_007 % 7) as f32 - 3.0);
    Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), dims), device)
}

/// The result and the gradients of three inputs.
fn with_gradients<const D: usize>(
    inputs: [Tensor<D>; 2],
    bias: Tensor<1>,
    operation: fn(Tensor<D>, Tensor<D>, Tensor<1>) -> Tensor<D>,
) -> [Vec<f32>; 4] {
    let ([x, weight], bias) = (inputs.map(Tensor::require_grad), bias.require_grad());
    let y = operation(x.clone(), weight.clone(), bias.clone());
    let gradients = (y.clone() * whole(y.dims(), 9, &y.device())).sum().backward();
    let [at_x, at_weight] = [x, weight].map(|input| numbers(input.grad(&gradients).unwrap()));
    [numbers(y.inner()), at_x, at_weight, numbers(bias.grad(&gradients).unwrap())]
}

#[test]
fn a_remote_device_is_not_on_the_host() {
    assert!(is_on_host(&local()) && is_on_host(&local().autodiff()));
    assert!(!is_on_host(&remote()) && !is_on_host(&remote().autodiff()));
}

#[test]
fn convolutions_have_the_same_numbers() {
    let results = [local(), remote()].map(|device| {
        let device = device.autodiff();
        let inputs = [whole([5, 6, 14, 14], 1, &device), whole([16, 6, 5, 5], 2, &device)];
        with_gradients(inputs, whole([16], 3, &device), conv_relu_pool)
    });
    assert_eq!(results[0], results[1]);
}

#[test]
fn linear_layers_have_the_same_numbers() {
    for operation in [linear, linear_relu] {
        let results = [local(), remote()].map(|device| {
            let device = device.autodiff();
            let inputs = [whole([5, 40], 1, &device), whole([40, 12], 2, &device)];
            with_gradients(inputs, whole([12], 3, &device), operation)
        });
        assert_eq!(results[0], results[1]);
    }
}

#[test]
fn losses_are_within_rounding() {
    let weights = [1.0, 2.0, 3.0, 1.0];
    let losses: [&dyn Fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>; 3] = [
        &|logits, labels| cross_entropy(logits, labels, 0.0, None),
        &|logits, labels| cross_entropy(logits, labels, 0.1, Some(&weights)),
        &mse_of_labels,
    ];
    for loss in losses {
        let [here, there] = [local(), remote()].map(|device| {
            let device = device.autodiff();
            let logits = whole([6, 4], 1, &device).require_grad();
            let value = loss(logits.clone(), Tensor::from_ints([0, 1, 2, 3, 0, 1], &device));
            let gradient = logits.grad(&value.backward()).unwrap();
            [numbers(value.inner()), numbers(gradient)].concat()
        });
        // A loss is at most some 7, of which either has the last bits for itself.
        assert!(furthest(&here, &there) < 1e-5, "{here:?} {there:?}");
    }
}

fn furthest(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    // `max` would pass over a NaN.
    one.iter().zip(other).fold(0.0, |most, (a, b)| if (a - b).abs() <= most { most } else { (a - b).abs() })
}

#[test]
fn optimizers_have_the_same_bits() {
    let (betas, epsilon) = ([0.9, 0.999], 1e-8);
    for rule in [
        UpdateRule::Sgd { momentum: 0.0 },
        UpdateRule::Sgd { momentum: 0.9 },
        UpdateRule::Nesterov { momentum: 0.9 },
        UpdateRule::Adam { betas, epsilon },
        UpdateRule::Adamw { betas, epsilon },
        UpdateRule::Rmsprop { alpha: 0.99, epsilon, momentum: 0.9, centered: true },
        UpdateRule::Adagrad { epsilon },
    ] {
        let [here, there] = [local(), remote()].map(|device| {
            let (mut parameter, mut kept) = (whole([30], 1, &device), Vec::new());
            for step in 1..=3 {
                let how = Update::new(rule, step, 0.01).with_weight_decay(0.1);
                (parameter, kept) = update(how, parameter, whole([30], step, &device), kept);
            }
            numbers(parameter)
        });
        assert_eq!(here, there, "{rule:?}");
    }
}

#[test]
fn averages_and_norms_are_within_rounding() {
    let [here, there] = [local(), remote()].map(|device| {
        let [one, two] = [1, 2].map(|seed| whole([3, 100], seed, &device));
        let mut norm = GlobalNorm::default();
        norm.add(one.clone());
        norm.add(two.clone());
        let average = moving_average(one.clone(), two.clone(), 0.9);
        [numbers(average), numbers(norm.get().unwrap()), numbers(scale(one, 0.3)), numbers(clamp(two, 0.5))]
            .concat()
    });
    assert!(furthest(&here, &there) < 1e-6, "{here:?} {there:?}");
}

#[test]
fn hooks_that_compute_run_there() {
    let train = Loader::new(synthetic::digits(42, 0..64).unwrap(), 16).unwrap();
    let [here, there] = [local(), remote()].map(|device| {
        let device = device.autodiff();
        let mut average = Ema::new(0.9);
        let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&device);
            Loss::Mse.forward(net.forward(batch.images), batch.labels)
        });
        let trainer = trainer.optimizer(Optimizer::new(OptimizerKind::Nesterov)).epochs(2);
        let trainer =
            trainer.hook(Accumulate::over(2)).hook(ClipGradValue::new(0.5)).hook(ClipGradNorm::new(0.1));
        let trainer = trainer.hook(FiniteGuard::every(1)).hook(&mut average);
        let net = trainer.fit(LeNet::new(42, &device), &train).unwrap().model;
        let state = average.apply(net).state_dict().unwrap();
        state.parameters().iter().flat_map(|parameter| parameter.values.clone()).collect::<Vec<f32>>()
    });
    assert!(furthest(&here, &there) < 1e-5, "{:e} apart", furthest(&here, &there));
}

#[test]
fn a_training_there_resumes_to_the_same_bits() {
    let train = Loader::new(synthetic::digits(42, 0..64).unwrap(), 16).unwrap().shuffle(7);
    let (folder, device) = (tempfile::tempdir().unwrap(), remote().autodiff());
    let fit = |seed, resume: Option<Checkpoint>| {
        let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&device);
            Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
        });
        trainer = trainer.optimizer(Optimizer::new(OptimizerKind::Adam)).epochs(2);
        trainer = match resume {
            Some(checkpoint) => trainer.resume(checkpoint),
            None => trainer.checkpoints(Checkpoints::in_folder(folder.path())),
        };
        trainer.fit(LeNet::new(seed, &device), &train).unwrap().model.state_dict().unwrap()
    };
    let uninterrupted = fit(42, None);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let mut checkpoints = files.map(|file| Checkpoint::load(&file.unwrap().path()).unwrap());
    let half = checkpoints.find(|checkpoint| checkpoint.step() == 4).unwrap();
    assert!(fit(99, Some(half)) == uninterrupted);
}
