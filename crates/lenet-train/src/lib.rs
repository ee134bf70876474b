//! A training loop for any Burn module, with hooks; and the losses, optimizers and schedules it is run with.
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
//! [`Trainer`] is the loop, [`Hook`] what watches and steers it, [`hooks`] those that come with it. The loop
//! knows nothing of what the model is made of. The program `lenet-train` is a command line over this library.

mod checkpoint;
mod error;
mod evaluate;
mod event;
mod fit;
mod gradients;
mod hook;
mod hook_list;
pub mod hooks;
mod loss;
mod optimizer;
mod param_groups;
mod position;
mod schedule;
mod trainer;
mod updater;

pub use checkpoint::{Checkpoint, Checkpoints, Latest};
pub use error::{CheckpointProblem, Error};
pub use evaluate::{Evaluation, evaluate};
pub use event::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, FitEnd, FitStart,
    LossValue, StepTiming,
};
pub use gradients::{Gradients, Parameter, parameters};
pub use hook::{Flow, Hook};
pub use hook_list::Hooks;
pub use loss::{CrossEntropy, Loss, mse};
pub use optimizer::{Optimizer, OptimizerKind};
pub use param_groups::AnyOptimizer;
pub use schedule::Schedule;
pub use trainer::{End, Outcome, Trainer};

/// Compiles and runs the code in the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
