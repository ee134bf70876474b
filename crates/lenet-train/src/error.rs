//! Errors of training.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A batch could not be built.
    #[error(transparent)]
    Data(#[from] lenet_data::Error),
    /// A number could not be read back from the device.
    #[error("cannot read from the device: {0}")]
    Device(String),
    /// The loss has no gradient, because the module is on a device without autodiff.
    #[error("the loss has no gradient: put the model on a device with autodiff, `device.autodiff()`")]
    NoGradient,
    /// A group to freeze has no parameters, or the groups have all.
    #[error("cannot freeze parameters: {reason}; the parameters are {parameters}")]
    Frozen {
        /// The reason, with the group.
        reason: String,
        /// The names of all parameters.
        parameters: String,
    },
    /// The settings cannot be serialised for a checkpoint.
    #[error("cannot serialise the settings: {0}")]
    Settings(String),
    /// A setting has a value outside its range.
    #[error("{setting} is {found}, expected {expected}")]
    Value {
        /// The hook or function, such as `ClipGradValue::new`.
        setting: &'static str,
        /// The value.
        found: String,
        /// The range.
        expected: &'static str,
    },
    /// There is no batch to train on.
    #[error(
        "{0}: the loader has no batch: give it at least one sample, or as many as a batch with `drop_last`"
    )]
    NoBatches(&'static str),
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// A file of the wrong kind or size.
    #[error(transparent)]
    File(lenet_files::Error),
    /// [`FiniteGuard`](crate::hooks::FiniteGuard) found a NaN or an infinity.
    #[error("step {step}: {tensor} is not finite: lower the learning rate, or clip the gradients")]
    NotFinite {
        /// The step, from 1.
        step: u64,
        /// The first tensor that is not finite: a parameter, a gradient or the loss.
        tensor: String,
    },
    /// A checkpoint cannot be read, or not be used for this training.
    #[error("{}: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: CheckpointProblem,
    },
    /// A hook cannot save its state, or not resume from the state in a checkpoint.
    #[error("hook `{hook}`: {reason}")]
    HookState {
        /// The name of the hook.
        hook: String,
        /// The reason.
        reason: String,
    },
}

impl Error {
    pub(crate) fn value(setting: &'static str, found: impl ToString, expected: &'static str) -> Self {
        Self::Value { setting, found: found.to_string(), expected }
    }
}

impl From<lenet_files::Error> for Error {
    fn from(error: lenet_files::Error) -> Self {
        match error {
            lenet_files::Error::Io { path, reason, .. } => Self::Io { path, reason },
            error => Self::File(error),
        }
    }
}

/// A problem of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The file does not begin as a checkpoint does.
    #[error("not a checkpoint")]
    NotACheckpoint,
    /// The end of the file is missing.
    #[error("cut short: {found} bytes of {expected}")]
    CutShort {
        /// Length that the file should have, in bytes.
        expected: u64,
        /// Length that the file has, in bytes.
        found: u64,
    },
    /// The bytes of the file do not match their SHA-256.
    #[error("damaged: its SHA-256 is not the one written with it")]
    Damaged,
    /// This version of the crate does not read the format version.
    #[error("of format version {found}, expected {expected}: use the program that wrote it")]
    Version {
        /// Version of the file.
        found: u64,
        /// Version that this crate reads.
        expected: u32,
    },
    /// Burn's default device, needed for the state of one of Burn's own optimizers, is missing.
    #[error(
        "Burn reads the state of its own optimizers onto its default device, and failed: {0}; set BURN_DEVICE to the \
         backend of the training, such as flex"
    )]
    DefaultDevice(String),
    /// The module has other tensors.
    #[error(
        "of another model: tensor `{name}` is {} in the checkpoint and {} in the model",
        shape_or_absent(checkpoint),
        shape_or_absent(model)
    )]
    Model {
        /// Name of the first tensor that differs.
        name: String,
        /// Shape in the checkpoint.
        checkpoint: Option<Vec<usize>>,
        /// Shape in the model.
        model: Option<Vec<usize>>,
    },
    /// The training has other settings, or other samples.
    #[error("of another training: `{key}` was {checkpoint}, is {now}")]
    Setting {
        /// Name of the first setting that differs.
        key: String,
        /// Value in the checkpoint.
        checkpoint: String,
        /// Value in this training.
        now: String,
    },
    /// The optimizer cannot load the state.
    #[error("of another optimizer: its state does not fit this one")]
    Optimizer,
    /// The position is impossible in this training.
    #[error("of another training: {0}")]
    Position(String),
    /// The file is whole, but its content is not understood.
    #[error("not understood: {0}")]
    Content(String),
}

fn shape_or_absent(shape: &Option<Vec<usize>>) -> String {
    shape.as_ref().map_or("absent".to_owned(), |shape| format!("{shape:?}"))
}
