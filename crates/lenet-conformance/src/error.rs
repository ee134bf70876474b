//! What can keep a comparison from taking place.

use std::path::PathBuf;

use crate::{Rung, Subject};

/// An error of this crate. That a backend computes wrongly is none: it is a [`Check`](crate::protocol::Check).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text names no subject.
    #[error("unknown subject `{name}`: expected {}, wgpu:cpu, or wgpu:N for the N-th adapter", Subject::NAMES.join(", "))]
    UnknownSubject {
        /// What was written.
        name: String,
    },
    /// The text names no rung.
    #[error("unknown rung `{name}`: expected {}", Rung::ALL.map(|rung| rung.to_string()).join(", "))]
    UnknownRung {
        /// What was written.
        name: String,
    },
    /// No case of the chosen rungs has a name like this.
    #[error("no case matches `{pattern}`: `lenet-conformance list` names them all")]
    NoCase {
        /// What was written.
        pattern: String,
    },
    /// The device cannot be had.
    #[error(transparent)]
    Backend(#[from] lenet_backend::Error),
    /// The device has no such number type.
    #[error("{subject} cannot compute in {float_type}: {reason}")]
    FloatType {
        /// The subject asked for.
        subject: String,
        /// The type asked for.
        float_type: &'static str,
        /// What Burn said.
        reason: String,
    },
    /// A tensor could not be read back from the device.
    #[error("cannot read a tensor back from the device: {0}")]
    Read(String),
    /// A parameter of the network got no gradient.
    #[error("no gradient came for `{0}`")]
    NoGradient(String),
    /// A file of PyTorch's numbers is not what `generate.py` beside it makes.
    #[error("PyTorch's numbers: {0}; run `generate.py` beside the file again")]
    Fixture(String),
    /// Weights do not fit the oracle's network.
    #[error(transparent)]
    Parameter(#[from] lenet_oracle::ParameterError),
    /// Digits could not be drawn or gathered.
    #[error(transparent)]
    Data(#[from] lenet_data::Error),
    /// Weights could not be written or read.
    #[error(transparent)]
    Model(#[from] lenet_model::Error),
    /// A training or a checkpoint failed.
    #[error(transparent)]
    Train(#[from] lenet_train::Error),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A replay file is not one.
    #[error("{path} is no replay file: {reason}")]
    Replay {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
