//! [`Adapter`]: a graphics adapter and its description.

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
