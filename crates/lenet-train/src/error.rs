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
    /// A hook could not read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}
