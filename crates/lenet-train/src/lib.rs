//! A training loop for any Burn module, with hooks, losses, optimizers, schedules and checkpoints.
//!
//! ```
//! use lenet_data::{HostBatch, Loader, synthetic};
//! use lenet_model::LeNet;
//! use lenet_train::{Loss, Optimizer, Schedule, Trainer};
//!
//! let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
//! let train = Loader::new(synthetic::digits(42, 0..256)?, 32)?.shuffle(7);
//!
//! let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
//!     let batch = batch.to_device(&device);
//!     Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
//! });
//! let outcome = trainer
//!     .optimizer(Optimizer::sgd().momentum(0.9))
//!     .schedule(Schedule::Constant { learning_rate: 0.01 })
//!     .epochs(2)
//!     .fit(LeNet::new(42, &device), &train)?;
//! assert_eq!(outcome.steps, 2 * 256 / 32);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Trainer`] is the loop; a [`Hook`] watches and steers it, and [`hooks`] has those that come with the
//! crate. The loop takes any module. The program `lenet-train` is a command line over this library. Counts
//! over a training (epochs, steps, batches, samples) are `u64` everywhere.

#![warn(missing_debug_implementations)]

mod checkpoint;
mod clock;
mod differentiable;
mod distillation;
mod error;
mod evaluate;
mod event;
mod event_epoch;
mod fit;
mod flow;
mod fused_optimizer;
mod gradients;
mod hook;
mod hook_list;
mod hook_states;
pub mod hooks;
mod loss;
mod loss_value;
mod optimizer;
mod param_groups;
mod position;
#[cfg(feature = "wgpu")]
mod recorded;
mod schedule;
#[cfg(feature = "cli")]
pub mod settings;
mod trainer;
mod updater;

pub use checkpoint::{Checkpoint, Checkpoints, Latest};
pub use differentiable::Differentiable;
pub use distillation::Distillation;
pub use error::{CheckpointProblem, Error};
pub use evaluate::{BatchEvaluation, Evaluation, evaluate, evaluate_classifier};
pub use event::{AfterBackward, AfterStep, BatchReady, EpochStart, FitStart, StepTiming};
pub use event_epoch::{AfterEpoch, AfterValidation, FitEnd};
pub use flow::Flow;
pub use gradients::{Gradients, Parameter, parameters};
pub use hook::Hook;
pub use hook_list::Hooks;
pub use loss::{CrossEntropy, Loss, mse};
pub use loss_value::LossValue;
pub use optimizer::{Optimizer, OptimizerKind};
pub use param_groups::AnyOptimizer;
#[cfg(feature = "wgpu")]
pub use recorded::RecordedSteps;
pub use schedule::Schedule;
pub use trainer::{End, Outcome, Trainer};
