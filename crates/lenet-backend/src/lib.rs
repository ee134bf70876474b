//! Compute devices: parses their names, opens and lists them, and runs LeNet's operations on them.
//!
//! In Burn 0.22 the backend is a property of the [`Device`] value, not a type parameter. This crate is the
//! only one of the workspace that names a concrete backend; every other crate takes a `&Device`.
//!
//! - The crate's root has the devices: [`DeviceSpec`], [`open`], [`adapters`], [`describe`].
//! - [`ops`] has fused operations on tensors (convolution block, linear layer, losses), with their gradients.
//! - [`optim`] has the update rules of optimizers, and element-wise operations on parameters and gradients.
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
//! The features `flex` (default), `ndarray`, `wgpu` and `cuda` select which backends are compiled in. Opening a
//! device of another backend is an [`Error`] that names the feature to add.

mod bits;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod conv_shape;
#[cfg(feature = "gpu")]
mod cube;
mod devices;
mod error;
mod from_host;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod kernels;
pub mod ops;
pub mod optim;
#[cfg(all(feature = "planted-bugs", any(feature = "flex", feature = "ndarray", feature = "gpu")))]
pub mod planted;
mod stock;

pub use bits::{kernels, use_kernels, use_portable_kernels};
pub use burn::tensor::Device;
pub use devices::{Adapter, Backend, DeviceSpec, WgpuAdapter, adapters, describe, is_on_host, open};
#[cfg(feature = "gpu")]
pub use devices::{Recording, launches, overwrite_floats, overwrite_integers, record};
pub use error::Error;
pub use from_host::{floats, integers, number};
pub use stock::stock;
