//! The errors of this crate.

use crate::devices::{Backend, DeviceSpec};

/// A device that cannot be parsed or opened. Every message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the name of a device.
    #[error(
        "unknown device `{name}`: expected flex, ndarray, wgpu, wgpu:cpu, wgpu:N for the N-th adapter, or cuda"
    )]
    UnknownDevice {
        /// The text.
        name: String,
    },
    /// This program was built without the backend.
    #[error("this build has no {backend}: add `--features {backend}`")]
    NotCompiledIn {
        /// The backend; its name is the name of the feature.
        backend: Backend,
    },
    /// The kernels of an instruction set cannot be used.
    #[error("there are no kernels `{name}` here: {problem}")]
    Kernels {
        /// The name of the kernels.
        name: String,
        /// What there is instead.
        problem: String,
    },
    /// This machine has no such adapter.
    #[error(
        "no adapter found for `{device}`: {reason}; install a Vulkan driver for the GPU, \
         or a software one (on Debian: mesa-vulkan-drivers)"
    )]
    NoAdapter {
        /// The device asked for.
        device: DeviceSpec,
        /// What this machine has instead.
        reason: String,
    },
    /// This machine has no such GPU.
    #[error(
        "no GPU found for `{device}`: CUDA reports {found}; it needs NVIDIA's driver and CUDA's libraries"
    )]
    NoCuda {
        /// The device asked for.
        device: DeviceSpec,
        /// Number of GPUs, 0 without the driver.
        found: usize,
    },
    /// This machine has the adapter, but it could not be opened.
    #[error("cannot open `{device}`: {reason}")]
    CannotOpen {
        /// The device asked for.
        device: DeviceSpec,
        /// The graphics API's message.
        reason: String,
    },
    /// The work cannot be recorded on the device, or not be replayed.
    #[error("cannot record work on the device: {reason}")]
    CannotRecord {
        /// The reason.
        reason: String,
    },
}
