//! The kernels that a step of training and a prediction launch on a GPU: each costs time, whatever it does. Without
//! an adapter nothing is counted.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use burn::tensor::{Device, Tensor};
use lenet_backend::{launches, open};
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::{Loss, Optimizer, OptimizerKind, Trainer};

/// The kernels of a training of `steps` steps, everything included that the loop does.
fn training(optimizer: Optimizer, batch: usize, steps: u64, device: &Device) -> Vec<String> {
    let digits = synthetic::digits(1, 0..batch as u64 * steps).unwrap();
    let loader = Loader::new(digits, batch).unwrap();
    let device = device.clone().autodiff();
    let loss = |net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    };
    let trainer = Trainer::new(loss).optimizer(optimizer).max_steps(steps);
    launches(|| trainer.fit(LeNet::new(1, &device), &loader).unwrap()).1
}

/// The launches that the third step adds.
fn of_a_step(optimizer: Optimizer, batch: usize, device: &Device) -> usize {
    let [two, three] = [2, 3].map(|steps| training(optimizer, batch, steps, device).len());
    three - two
}

#[test]
fn a_step_launches_at_most_25_kernels_and_a_prediction_at_most_8() {
    let Ok(device) = open(&"wgpu".parse().unwrap()) else {
        eprintln!("skipped: this machine has no wgpu adapter");
        return;
    };
    for kind in [OptimizerKind::Sgd, OptimizerKind::Adam, OptimizerKind::Rmsprop] {
        for batch in [1, 64] {
            let count = of_a_step(Optimizer::new(kind), batch, &device);
            println!("{kind:?}, batch {batch}: {count} launches a step");
            assert!(count <= 25, "{kind:?}, batch {batch}: {count} launches");
        }
    }
    let net = LeNet::new(1, &device);
    for batch in [1, 64, 4096] {
        let images = Tensor::zeros([batch, 1, 32, 32], &device);
        let (_, names) = launches(|| net.forward(images));
        println!("batch {batch}: {} launches a prediction", names.len());
        assert!(names.len() <= 8, "{names:?}");
    }
}
