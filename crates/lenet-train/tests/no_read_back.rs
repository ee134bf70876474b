//! A training step on a GPU waits for nothing: while a device records its launches, which do not run then, CubeCL
//! refuses to read. Without an adapter the tests are skipped.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use burn::backend::{Backend, Dispatch};
use burn::tensor::{Device, Int, Tensor};
use lenet_backend::open;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::LeNet;
use lenet_train::hooks::{ClipGradNorm, Ema};
use lenet_train::{AfterStep, Error, Flow, Hook, Loss, Optimizer, OptimizerKind, Trainer};

/// Records the third step: from the end of the second one to its own end.
struct Recorder {
    device: Device,
    /// Whether the step was recorded: no operation in it was refused.
    recorded: Option<bool>,
    reads_the_loss: bool,
}

impl<M, B> Hook<M, B> for Recorder {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        let device = self.device.as_dispatch();
        match step.step {
            1 => Dispatch::graph_prepare(device).unwrap(),
            2 => Dispatch::graph_start_capture(device).unwrap(),
            3 => {
                let read = self.reads_the_loss.then(|| step.loss.get());
                let graph = Dispatch::graph_stop_capture(device);
                self.recorded = Some(graph.is_ok() && read.is_none_or(|read| read.is_ok()));
                return Ok(Flow::EndFit("recorded".to_owned()));
            }
            _ => {}
        }
        Ok(Flow::Continue)
    }
}

/// Whether the third step of a training was recorded; `None` without an adapter.
fn records(kind: OptimizerKind, reads_the_loss: bool) -> Option<bool> {
    let Ok(device) = open(&"wgpu".parse().unwrap()) else {
        eprintln!("skipped: this machine has no wgpu adapter");
        return None;
    };
    let tracked = device.clone().autodiff();
    // The batch is on the device before the step: a recording refuses uploads, too.
    let batch = synthetic::digits(1, 0..8).unwrap();
    let images = Tensor::<4>::zeros([8, 1, 32, 32], &tracked);
    let labels = Tensor::<1, Int>::zeros([8], &tracked);
    let loss =
        |net: &LeNet, _: HostBatch| Loss::CrossEntropy.forward(net.forward(images.clone()), labels.clone());
    let loader = Loader::new(batch, 1).unwrap();
    let mut recorder = Recorder { device, recorded: None, reads_the_loss };
    let trainer = Trainer::new(loss)
        .optimizer(Optimizer::new(kind))
        .hook(ClipGradNorm::new(1.0))
        .hook(Ema::new(0.9))
        .hook(&mut recorder)
        .max_steps(8);
    let ended = trainer.fit(LeNet::new(1, &tracked), &loader);
    drop(ended); // What was recorded has not run: the losses that the end of a training reads are not there.
    recorder.recorded
}

#[test]
fn a_step_with_clipping_and_averaging_reads_nothing_back() {
    for kind in [OptimizerKind::Sgd, OptimizerKind::Adam] {
        assert!(records(kind, false).unwrap_or(true), "{kind:?}: an operation was refused");
    }
    assert!(!records(OptimizerKind::Sgd, true).unwrap_or(false), "the loss was read, and nobody noticed");
}
