//! [`DeviceSpec`]: the name of a device.

use std::fmt;

use super::backend::Backend;

/// The name of a device: `flex`, `ndarray`, `wgpu`, `wgpu:0`, `wgpu:cpu`, `cuda`, `cuda:1`.
///
/// Parsing a name opens no device: a name is valid on machines that do not have the device.
///
/// ```
/// use lenet_backend::{DeviceSpec, WgpuAdapter};
///
/// assert_eq!("wgpu:1".parse(), Ok(DeviceSpec::Wgpu(WgpuAdapter::Index(1))));
/// assert_eq!(DeviceSpec::Wgpu(WgpuAdapter::Cpu).to_string(), "wgpu:cpu");
/// assert!("rocm".parse::<DeviceSpec>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceSpec {
    /// Burn's maintained CPU backend, in pure Rust.
    #[default]
    Flex,
    /// Burn's former CPU backend, deprecated in 0.22.
    NdArray,
    /// A graphics adapter through wgpu.
    Wgpu(WgpuAdapter),
    /// The n-th GPU of NVIDIA, from 0, through CUDA.
    Cuda(usize),
}

/// The adapter that a `wgpu` device runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WgpuAdapter {
    /// The adapter that wgpu prefers: a discrete GPU, then an integrated one, then a software adapter.
    #[default]
    Best,
    /// The n-th adapter of [`adapters`](crate::adapters), from 0.
    Index(usize),
    /// A software adapter, which computes on the CPU.
    Cpu,
}

impl DeviceSpec {
    /// The backend that this device belongs to.
    pub fn backend(self) -> Backend {
        match self {
            Self::Flex => Backend::Flex,
            Self::NdArray => Backend::NdArray,
            Self::Wgpu(_) => Backend::Wgpu,
            Self::Cuda(_) => Backend::Cuda,
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex | Self::NdArray | Self::Wgpu(WgpuAdapter::Best) | Self::Cuda(0) => {
                write!(f, "{}", self.backend())
            }
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Wgpu(WgpuAdapter::Index(index)) => write!(f, "wgpu:{index}"),
            Self::Wgpu(WgpuAdapter::Cpu) => write!(f, "wgpu:cpu"),
        }
    }
}
