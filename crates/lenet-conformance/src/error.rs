//! [`Error`]: the reasons why a comparison cannot run.

use std::path::PathBuf;

use crate::{Rung, Subject};

/// An error of this crate. A wrong result of a backend is not an error but a failed
/// [`Check`](lenet_report::conformance::Check).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no subject with this name.
    #[error("unknown subject `{name}`: expected {}, wgpu:cpu, or wgpu:N for the N-th adapter", Subject::NAMES.join(", "))]
    UnknownSubject {
        /// The given name.
        name: String,
    },
    /// There is no rung with this name.
    #[error("unknown rung `{name}`: expected {}", Rung::ALL.map(|rung| rung.to_string()).join(", "))]
    UnknownRung {
        /// The given name.
        name: String,
    },
    /// The pattern matches no case of the selected rungs.
    #[error(
        "no case of the chosen rungs matches `{pattern}`: `lenet-conformance list`, or `cargo xtask test-backends --list`, prints them"
    )]
    NoCase {
        /// The given pattern.
        pattern: String,
    },
    /// The device is not available.
    #[error(transparent)]
    Backend(#[from] lenet_backend::Error),
    /// The device does not support the float type.
    #[error("{subject} cannot compute in {float_type}: {reason}")]
    FloatType {
        /// Name of the subject.
        subject: String,
        /// Requested float type.
        float_type: &'static str,
        /// Burn's error message.
        reason: String,
    },
    /// A tensor could not be read back from the device.
    #[error("cannot read a tensor back from the device: {0}")]
    Read(String),
    /// A tensor has no gradient after the backward pass.
    #[error("the backward pass computed no gradient for `{0}`")]
    NoGradient(String),
    /// The file of PyTorch's results does not have the contents that `fixtures/generate.py` writes.
    #[error("the file of PyTorch's results is not usable: {0}; write it again with `fixtures/generate.py`")]
    Fixture(String),
    /// The weights do not fit the oracle's network.
    #[error(transparent)]
    Parameter(#[from] lenet_oracle::ParameterError),
    /// Synthetic digits could not be created.
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
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a replay file.
    #[error("{path} is no replay file: {reason}")]
    Replay {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
}
