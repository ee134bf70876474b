//! Every concrete backend: names, opens and lists its devices, and gives access to tensors in this program's
//! memory.

mod adapter;
mod backend;
#[cfg(feature = "gpu")]
pub(crate) mod cube;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(any(feature = "flex", feature = "ndarray"))]
pub(crate) mod host;
#[cfg(feature = "gpu")]
mod launches;
mod listing;
mod open;
mod parse;
#[cfg(feature = "gpu")]
mod recording;
mod spec;
#[cfg(feature = "wgpu")]
mod wgpu;

pub use adapter::Adapter;
pub use backend::Backend;
#[cfg(feature = "gpu")]
pub use launches::launches;
pub use listing::adapters;
pub use open::{describe, is_on_host, open};
#[cfg(feature = "gpu")]
pub use recording::{Recording, overwrite_floats, overwrite_integers, record};
pub use spec::{DeviceSpec, WgpuAdapter};
