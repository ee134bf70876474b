//! [`Backend`]: the backends of Burn that this crate knows.

use std::fmt;

/// A backend of Burn that this crate knows. `Display` prints its name, which is also the name of the feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Burn's maintained CPU backend.
    Flex,
    /// Burn's former CPU backend.
    NdArray,
    /// GPUs (and software adapters) through wgpu.
    Wgpu,
    /// GPUs of NVIDIA through CUDA.
    Cuda,
}

impl Backend {
    /// All backends, the default first.
    pub const ALL: &'static [Self] = &[Self::Flex, Self::NdArray, Self::Wgpu, Self::Cuda];

    /// Whether this program was built with this backend.
    pub const fn is_compiled_in(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::NdArray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
            Self::Cuda => cfg!(feature = "cuda"),
        }
    }

    /// Whether its devices are GPUs, or software that behaves as one.
    pub const fn is_gpu(self) -> bool {
        matches!(self, Self::Wgpu | Self::Cuda)
    }

    /// Description of the backend, on one line.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Flex => "CPU, pure Rust: Burn's maintained CPU backend",
            Self::NdArray => "CPU: Burn's former CPU backend, deprecated in Burn 0.22",
            Self::Cuda => "GPU of NVIDIA, through CUDA: compiles, but was not run",
            Self::Wgpu => "GPU through Vulkan, Metal or DirectX 12, or a software adapter",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
        })
    }
}
