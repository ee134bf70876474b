//! What can go wrong while a model is trained.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A batch could not be built.
    #[error(transparent)]
    Data(#[from] lenet_data::Error),
    /// A number could not be read back from the device.
    #[error("cannot read from the device: {0}")]
    Device(String),
    /// A loss that has no gradient.
    #[error("the loss has no gradient: put the model on a device with autodiff, `device.autodiff()`")]
    NoGradient,
    /// Settings that a checkpoint cannot keep.
    #[error("settings that cannot be written down: {0}")]
    Settings(String),
    /// A hook could not read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A number that is infinite or none, found by [`FiniteGuard`](crate::hooks::FiniteGuard).
    #[error("step {step}: {tensor} is not finite: lower the learning rate, or clip the gradients")]
    NotFinite {
        /// The step, from 1.
        step: u64,
        /// The first tensor with such a number: a parameter, a gradient or the loss.
        tensor: String,
    },
    /// A checkpoint that cannot be written, read, or used for this training.
    #[error("{}: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: CheckpointProblem,
    },
    /// A hook cannot go on from the state in a checkpoint.
    #[error("hook `{hook}`: {reason}")]
    HookState {
        /// The name of the hook.
        hook: String,
        /// What is wrong.
        reason: String,
    },
}

/// What can be wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointProblem {
    /// A file of another kind.
    #[error("not a checkpoint")]
    NotACheckpoint,
    /// A file that lacks its end.
    #[error("cut short: {found} bytes of {expected}")]
    CutShort {
        /// The length that it should have.
        expected: u64,
        /// The length that it has.
        found: u64,
    },
    /// A file whose bytes are not those that were written.
    #[error("damaged: its SHA-256 is not the one written with it")]
    Damaged,
    /// A format that this version of the program does not know.
    #[error("of format version {found}, expected {expected}: use the program that wrote it")]
    Version {
        /// The version of the file.
        found: u64,
        /// The version that is read here.
        expected: u32,
    },
    /// The state of an optimizer of Burn's, for which its default device is needed.
    #[error(
        "Burn reads the state of its own optimizers onto its default device, and failed: {0}; set BURN_DEVICE to the \
         backend of the training, such as flex"
    )]
    DefaultDevice(String),
    /// A module with other tensors.
    #[error(
        "of another model: tensor `{name}` is {} in the checkpoint and {} in the model",
        shape_or_absent(checkpoint),
        shape_or_absent(model)
    )]
    Model {
        /// The first tensor that differs.
        name: String,
        /// Its shape in the checkpoint.
        checkpoint: Option<Vec<usize>>,
        /// Its shape in the model.
        model: Option<Vec<usize>>,
    },
    /// A training with other settings, or on other samples.
    #[error("of another training: `{key}` was {checkpoint}, is {now}")]
    Setting {
        /// The first setting that differs.
        key: String,
        /// Its value in the checkpoint.
        checkpoint: String,
        /// Its value in this training.
        now: String,
    },
    /// A state that this optimizer cannot take.
    #[error("of another optimizer: its state does not fit this one")]
    Optimizer,
    /// A whole file whose content makes no sense.
    #[error("not understood: {0}")]
    Content(String),
    /// A file that could not be written.
    #[error("cannot be written: {0}")]
    Write(String),
}

fn shape_or_absent(shape: &Option<Vec<usize>>) -> String {
    shape.as_ref().map_or("absent".to_owned(), |shape| format!("{shape:?}"))
}
