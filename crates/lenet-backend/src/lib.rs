//! The compute devices of this workspace: how they are named, opened and listed.
//!
//! In Burn 0.22 the backend is a property of the [`Device`] value, not a type parameter, so this crate is
//! the only one that names a concrete backend. Every other crate takes a `&Device`.
//!
//! ```
//! use lenet_backend::{DeviceSpec, open};
//!
//! let spec: DeviceSpec = "flex".parse()?;
//! let device = open(&spec)?;
//! let x = burn::Tensor::<1>::from_floats([1.0, 2.0], &device);
//! assert_eq!(x.sum().into_scalar::<f32>(), 3.0);
//! # Ok::<(), lenet_backend::Error>(())
//! ```
//!
//! Which backends exist is decided when the program is built, by the features `flex` (default),
//! `ndarray` and `wgpu`. Asking for one that is not there is an [`Error`] that says which feature to add.

mod error;
mod fused;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod kernels;
mod listing;
mod open;
mod pieces;
mod spec;
mod update;
#[cfg(feature = "wgpu")]
mod wgpu;

pub use burn::tensor::Device;
pub use error::Error;
pub use fused::{
    GlobalNorm, clamp, conv_relu_pool, cross_entropy, is_on_host, linear, linear_relu, moving_average,
    mse_of_labels, scale, update,
};
pub use listing::{Adapter, Backend, adapters};
pub use open::{describe, open};
pub use pieces::in_pieces;
pub use spec::{DeviceSpec, WgpuAdapter};
pub use update::{Update, UpdateRule};
