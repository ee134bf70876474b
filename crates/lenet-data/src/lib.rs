//! Digits to train on: MNIST from a folder, a cache or a mirror, and synthetic ones drawn from strokes;
//! and the batches a network reads, in an order that depends on nothing but a seed.
//!
//! ```
//! use lenet_data::{Loader, synthetic};
//!
//! let mut train = synthetic::digits(42, 0..1_000)?; // or mnist::…: see the module
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
//! The path of a sample: IDX bytes ([`idx`], [`mnist`]) or strokes ([`synthetic`]) → [`DigitSet`], one byte a
//! pixel → [`Loader`], which orders, gathers, pads and normalises → [`HostBatch`] → [`Batch`] on a device.
//! This crate knows no model, no optimizer and no concrete backend, and it never prints.

mod batch;
mod digits;
mod error;
pub mod idx;
mod loader;
pub mod mnist;
mod order;
#[cfg(feature = "photo")]
pub mod photo;
mod samples;
mod shifted;
pub mod synthetic;

pub use batch::{Batch, HostBatch, MEAN, SIDE, STD, normalise};
pub use digits::DigitSet;
pub use error::Error;
pub use loader::{Batches, Loader};
pub use order::permutation;
pub use samples::{BurnSamples, Samples};
pub use shifted::Shifted;
