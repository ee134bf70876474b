//! Data sets of handwritten digits (MNIST from a folder, a cache or a mirror, and synthetic digits drawn from
//! strokes), and a loader that makes batches of them in an order that depends on a seed alone.
//!
//! ```
//! use lenet_data::{Loader, synthetic};
//!
//! let mut train = synthetic::digits(42, 0..1_000)?; // or lenet_data::mnist
//! let valid = train.split_off(900);
//!
//! let device = lenet_backend::open(&"flex".parse()?)?;
//! for batch in Loader::new(train, 64)?.shuffle(7).epoch(0) {
//!     let batch = batch?.to_device(&device);
//!     assert_eq!(batch.images.dims()[1..], [1, 32, 32]);
//! }
//! # assert_eq!(valid.len(), 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Data flow: IDX bytes ([`idx`], [`mnist`]), your own images ([`dataset`]) or strokes ([`synthetic`]) → [`DigitSet`], one byte per pixel →
//! [`Loader`], which orders, gathers, pads and normalises → [`HostBatch`] → [`Batch`] on a device. The
//! feature `photo` adds the module `photo`, which finds the digit in a photograph.
//!
//! This crate knows no model, no optimizer and no concrete backend, and it does not print.

mod batch;
pub mod dataset;
mod digits;
mod distorted;
mod error;
mod gzip;
pub mod idx;
mod loader;
pub mod mnist;
mod normalisation;
mod order;
#[cfg(feature = "photo")]
pub mod photo;
mod samples;
mod shifted;
pub mod synthetic;

pub use batch::{Batch, HostBatch, MEAN, SIDE, STD, normalise};
pub use digits::DigitSet;
pub use distorted::{Distorted, Distortion};
pub use error::Error;
pub use loader::{Batches, Loader};
pub use normalisation::Normalisation;
pub use order::permutation;
pub use samples::{BurnSamples, Samples};
pub use shifted::Shifted;
