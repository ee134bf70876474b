//! [`adapters`]: the graphics adapters of this machine.

use super::spec::DeviceSpec;
use crate::Error;

/// A graphics adapter that wgpu lists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adapter {
    /// The device to open: `wgpu:0`, `wgpu:1`, …
    pub spec: DeviceSpec,
    /// Name, kind, graphics API and driver of the adapter, or the reason why it cannot be opened.
    pub description: Result<String, Error>,
}

/// Lists the graphics adapters of this machine, in the order that `wgpu:N` counts them. Opens each adapter, which may take
/// a second. Without an adapter the list is empty.
///
/// # Errors
/// [`Error::NotCompiledIn`] if this build has no wgpu.
pub fn adapters() -> Result<Vec<Adapter>, Error> {
    #[cfg(feature = "wgpu")]
    return Ok(super::wgpu::adapters());
    #[cfg(not(feature = "wgpu"))]
    Err(Error::NotCompiledIn { backend: super::Backend::Wgpu })
}
