//! [`adapters`]: the graphics adapters of this machine.

use super::adapter::Adapter;
use crate::Error;

/// Lists the graphics adapters of this machine, in the order that `wgpu:N` counts them. Opens each adapter,
/// which may take a second. Without an adapter the list is empty.
///
/// # Errors
/// [`Error::NotCompiledIn`] if this build has no wgpu.
pub fn adapters() -> Result<Vec<Adapter>, Error> {
    #[cfg(feature = "wgpu")]
    return Ok(super::wgpu::adapters());
    #[cfg(not(feature = "wgpu"))]
    Err(Error::NotCompiledIn { backend: super::Backend::Wgpu })
}
