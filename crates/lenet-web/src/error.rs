//! What can go wrong in the page.

/// An error of this crate, as a sentence that the page shows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Weights cannot be read or written, or the network has no answer.
    #[error(transparent)]
    Model(#[from] lenet_model::Error),
    /// Images cannot be read.
    #[error(transparent)]
    Data(#[from] lenet_data::Error),
    /// A training cannot go on.
    #[error(transparent)]
    Train(#[from] lenet_train::Error),
    /// Numbers could not be copied from the device.
    #[error("cannot read from the device: {0}")]
    Device(String),
    /// An argument has a value that it cannot have.
    #[error("{name} is {found}, expected {expected}")]
    Argument {
        /// The argument.
        name: &'static str,
        /// Its value.
        found: String,
        /// The values that it can have.
        expected: String,
    },
    /// A part of a lesson was asked for before the part that it needs.
    #[error("{part} needs the result of `{before}`: call that first")]
    TooEarly {
        /// The part that was asked for.
        part: &'static str,
        /// The part that comes before it.
        before: &'static str,
    },
}

impl Error {
    pub(crate) fn argument(name: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::Argument { name, found: found.to_string(), expected: expected.into() }
    }
}
