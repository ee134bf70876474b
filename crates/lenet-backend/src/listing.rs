//! What this build and this machine offer.

use std::fmt;

use crate::{DeviceSpec, Error};

/// A backend of Burn that this workspace knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Burn's maintained CPU backend.
    Flex,
    /// Burn's former CPU backend.
    NdArray,
    /// GPUs (and software adapters) through wgpu.
    Wgpu,
}

impl Backend {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Flex, Self::NdArray, Self::Wgpu];

    /// Whether this program was built with it.
    pub const fn is_compiled_in(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::NdArray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// One line on what it is.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Flex => "CPU, pure Rust: Burn's maintained CPU backend",
            Self::NdArray => "CPU: Burn's former CPU backend, deprecated in Burn 0.22",
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
        })
    }
}

/// A graphics adapter that wgpu can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// How to ask for it: `wgpu:0`, `wgpu:1`, …
    pub spec: DeviceSpec,
    /// Its name, kind, graphics API and driver; or why it cannot be opened.
    pub description: Result<String, Error>,
}

/// The adapters of this machine, in the order that `wgpu:N` counts them. Opens each of them, which may
/// take a second.
///
/// # Errors
/// [`Error::NotCompiledIn`] where this build has no wgpu. No adapter at all is an empty list.
pub fn adapters() -> Result<Vec<Adapter>, Error> {
    #[cfg(feature = "wgpu")]
    return Ok(crate::wgpu::adapters());
    #[cfg(not(feature = "wgpu"))]
    Err(Error::NotCompiledIn { backend: Backend::Wgpu })
}
