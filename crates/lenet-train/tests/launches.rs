//! The kernels that a step of training and a prediction launch on a GPU: each costs time, whatever it does. Without
//! an adapter nothing is counted.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, SgdConfig};
use burn::tensor::{Device, Int, Tensor};
use lenet_backend::{launches, open};
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::hooks::{ClipGradNorm, ClipGradValue, Ema};
use lenet_train::{AnyOptimizer, Hooks, Loss, Optimizer, OptimizerKind, Trainer};

/// Loss `[1]` of a network for images and labels.
type Forward = fn(&LeNet, Tensor<4>, Tensor<1, Int>) -> Tensor<1>;

fn fused(net: &LeNet, images: Tensor<4>, labels: Tensor<1, Int>) -> Tensor<1> {
    Loss::CrossEntropy.forward(net.forward(images), labels)
}

/// The same, by Burn's own operations.
fn stock(net: &LeNet, images: Tensor<4>, labels: Tensor<1, Int>) -> Tensor<1> {
    let logits = net.activations(images).output;
    CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels)
}

/// A training; the functions make what each run of it starts with.
struct Training<'a> {
    forward: Forward,
    optimizer: &'a dyn Fn() -> AnyOptimizer,
    hooks: &'a dyn Fn() -> Hooks<'static, LeNet, HostBatch>,
    batch: usize,
}

impl Training<'_> {
    /// The kernels of `steps` steps, everything included that the loop does.
    fn run(&self, steps: u64, device: &Device) -> Vec<String> {
        let digits = synthetic::digits(1, 0..self.batch as u64 * steps).unwrap();
        let loader = Loader::new(digits, self.batch).unwrap();
        let device = device.clone().autodiff();
        let loss = |net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&device);
            (self.forward)(net, batch.images, batch.labels)
        };
        let trainer = Trainer::new(loss).optimizer((self.optimizer)()).hooks((self.hooks)()).max_steps(steps);
        launches(|| trainer.fit(LeNet::new(1, &device), &loader).unwrap()).1
    }

    /// The launches that the third step adds.
    fn launches_of_a_step(&self, device: &Device) -> usize {
        let [two, three] = [2, 3].map(|steps| self.run(steps, device).len());
        three - two
    }
}

#[test]
fn a_step_launches_at_most_25_kernels_and_a_prediction_at_most_8() {
    let Ok(device) = open(&"wgpu".parse().unwrap()) else {
        eprintln!("skipped: this machine has no wgpu adapter");
        return;
    };
    let no_hooks = || Hooks::new();
    let of = |name: &str, training: Training<'_>, most: usize| {
        let count = training.launches_of_a_step(&device);
        println!("{name}, batch {}: {count} launches a step", training.batch);
        assert!(count <= most, "{name}: {count} launches");
        count
    };
    for kind in [OptimizerKind::Sgd, OptimizerKind::Adam, OptimizerKind::Rmsprop] {
        let optimizer = || Optimizer::new(kind).into();
        for batch in [1, 64] {
            let training = Training { forward: fused, optimizer: &optimizer, hooks: &no_hooks, batch };
            of(&format!("{kind:?}"), training, 25);
        }
    }

    let sgd = || Optimizer::new(OptimizerKind::Sgd).into();
    let with = |name: &str, hooks: &dyn Fn() -> Hooks<'static, LeNet, HostBatch>| {
        of(name, Training { forward: fused, optimizer: &sgd, hooks, batch: 64 }, 30)
    };
    with("SGD, norm clipped", &|| Hooks::new().with(ClipGradNorm::new(1.0)));
    with("SGD, values clipped", &|| Hooks::new().with(ClipGradValue::new(1.0)));
    with("SGD, averaged", &|| Hooks::new().with(Ema::new(0.99)));
    with("SGD, norm clipped, averaged", &|| Hooks::new().with(ClipGradNorm::new(1.0)).with(Ema::new(0.99)));

    let burns: [(&str, &dyn Fn() -> AnyOptimizer); 2] =
        [("SGD", &|| SgdConfig::new().init().into()), ("Adam", &|| AdamConfig::new().init().into())];
    for (name, optimizer) in burns {
        let training = Training { forward: stock, optimizer, hooks: &no_hooks, batch: 64 };
        let count = of(&format!("Burn's own operations, {name}"), training, usize::MAX);
        assert!(count > 50, "{count}: the counts of this test say nothing");
    }

    let net = LeNet::new(1, &device);
    for batch in [1, 64, 4096] {
        let images = Tensor::zeros([batch, 1, 32, 32], &device);
        let (_, names) = launches(|| net.forward(images.clone()));
        let (_, burns) = launches(|| net.activations(images).output);
        println!(
            "batch {batch}: {} launches a prediction, {} with Burn's own operations",
            names.len(),
            burns.len()
        );
        assert!(names.len() <= 8, "{names:?}");
    }
}
