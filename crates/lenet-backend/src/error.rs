//! What can go wrong between a device's name and the device.

use crate::{Backend, DeviceSpec};

/// An error of this crate. Every message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text names no device.
    #[error(
        "unknown device `{name}`: expected flex, ndarray, wgpu, wgpu:cpu, or wgpu:N for the N-th adapter"
    )]
    UnknownDevice {
        /// What was written.
        name: String,
    },
    /// The backend exists, but this program was built without it.
    #[error("this build has no {backend}: add `--features {backend}`")]
    NotCompiledIn {
        /// The backend asked for, which is also the name of the feature.
        backend: Backend,
    },
    /// There is no such adapter on this machine.
    #[error(
        "no adapter found for `{device}`: {reason}; install a Vulkan driver for the GPU, \
         or a software one (on Debian: mesa-vulkan-drivers)"
    )]
    NoAdapter {
        /// The device asked for.
        device: DeviceSpec,
        /// What was found instead.
        reason: String,
    },
    /// There is an adapter, but it could not be opened.
    #[error("cannot open `{device}`: {reason}")]
    CannotOpen {
        /// The device asked for.
        device: DeviceSpec,
        /// What the graphics API said.
        reason: String,
    },
}
