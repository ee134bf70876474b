//! Every concrete backend: names, opens and lists its devices, and gives access to tensors in this program's
//! memory.

mod adapter;
mod backend;
#[cfg(any(feature = "flex", feature = "ndarray"))]
pub(crate) mod host;
mod listing;
mod open;
mod parse;
mod spec;
#[cfg(feature = "wgpu")]
mod wgpu;

pub use adapter::Adapter;
pub use backend::Backend;
pub use listing::adapters;
pub use open::{describe, is_on_host, open};
pub use spec::{DeviceSpec, WgpuAdapter};
