//! Steps that a GPU has recorded end in the bits of steps that are dispatched one by one. Without an adapter the tests
//! are skipped.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::{Device, Int, Tensor};
use lenet_backend::{launches, open};
use lenet_data::{Batch, HostBatch, Loader, synthetic};
use lenet_model::{LeNet, StateDict};
use lenet_train::{Loss, Optimizer, OptimizerKind, RecordedSteps, Schedule, Trainer};

/// One epoch has four batches of 8 images and one of 3.
const IMAGES: u64 = 35;
const BATCH: usize = 8;
const EPOCHS: u64 = 3;

/// Held by each test: launches are counted over the process.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gpu() -> Option<Device> {
    let device = open(&"wgpu".parse().unwrap()).ok();
    if device.is_none() {
        eprintln!("skipped: this machine has no wgpu adapter");
    }
    device
}

fn loader() -> Loader<lenet_data::DigitSet> {
    Loader::new(synthetic::digits(1, 0..IMAGES).unwrap(), BATCH).unwrap().shuffle(7)
}

fn loss(net: &LeNet, images: Tensor<4>, labels: Tensor<1, Int>) -> Tensor<1> {
    Loss::CrossEntropy.forward(net.forward(images), labels)
}

const SCHEDULE: Schedule = Schedule::WarmUpCosine { peak: 0.02, warm_up_share: 0.3 };

/// The weights after a training with steps that are dispatched.
fn dispatched(optimizer: Optimizer, device: &Device) -> StateDict {
    let tracked = device.clone().autodiff();
    let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let Batch { images, labels, .. } = batch.to_device(&tracked);
        loss(net, images, labels)
    });
    let trainer = trainer.optimizer(optimizer).schedule(SCHEDULE).epochs(EPOCHS);
    trainer.fit(LeNet::new(1, &tracked), &loader()).unwrap().model.state_dict().unwrap()
}

/// The weights after a training with steps that are recorded where they can be.
fn recorded(optimizer: Optimizer, device: &Device) -> StateDict {
    let loader = loader();
    let total = EPOCHS * loader.batches() as u64;
    let mut steps = RecordedSteps::new(LeNet::new(1, &device.clone().autodiff()), device, optimizer, loss);
    let mut step = 0;
    for epoch in 0..EPOCHS {
        for batch in loader.epoch(epoch) {
            steps.step(batch.unwrap(), SCHEDULE.learning_rate(step, total)).unwrap();
            step += 1;
        }
    }
    steps.into_model().unwrap().state_dict().unwrap()
}

#[test]
fn recorded_steps_end_in_the_bits_of_dispatched_ones_with_every_optimizer_and_a_schedule() {
    let _alone = alone();
    let Some(device) = gpu() else { return };
    for kind in [
        OptimizerKind::Sgd,
        OptimizerKind::Nesterov,
        OptimizerKind::Adam,
        OptimizerKind::Adamw,
        OptimizerKind::Rmsprop,
    ] {
        let optimizer = Optimizer::new(kind).weight_decay(0.01);
        assert_eq!(recorded(optimizer, &device), dispatched(optimizer, &device), "{kind:?}");
    }
}

#[test]
fn where_nothing_can_be_recorded_every_step_is_dispatched() {
    let _alone = alone();
    let device = open(&"flex".parse().unwrap()).unwrap();
    let optimizer = Optimizer::new(OptimizerKind::Adam);
    assert_eq!(recorded(optimizer, &device), dispatched(optimizer, &device));
}

#[test]
fn a_replayed_step_launches_no_kernel_of_its_own() {
    let _alone = alone();
    let Some(device) = gpu() else { return };
    let net = LeNet::new(1, &device.clone().autodiff());
    let mut steps = RecordedSteps::new(net, &device, Optimizer::sgd(), loss);
    let batches: Vec<HostBatch> = loader().epoch(0).map(Result::unwrap).take(4).collect();
    let counts = batches.into_iter().map(|batch| launches(|| steps.step(batch, 0.01).unwrap()).1.len());
    let counts: Vec<usize> = counts.collect();
    assert!(counts[0] > 10 && counts[1] > 10, "dispatched, then recorded: {counts:?}");
    assert_eq!(counts[2..], [0, 0]);
}
