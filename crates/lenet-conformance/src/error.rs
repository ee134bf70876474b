//! What can keep a comparison from taking place.

/// An error of this crate. That a backend computes wrongly is none: it is a share of a bound above 1.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of PyTorch's numbers is not what `generate.py` beside it makes.
    #[error("PyTorch's numbers: {0}; run `generate.py` beside the file again")]
    Fixture(String),
    /// A tensor could not be read back from the device.
    #[error("cannot read a tensor back from the device: {0}")]
    Read(String),
    /// A parameter of the network got no gradient.
    #[error("no gradient came for `{0}`")]
    NoGradient(String),
    /// Weights do not fit the network.
    #[error(transparent)]
    Model(#[from] lenet_model::Error),
    /// Weights do not fit the oracle's network.
    #[error(transparent)]
    Parameter(#[from] crate::oracle::ParameterError),
}
