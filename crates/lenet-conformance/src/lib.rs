//! What LeNet must compute, and how far rounding may take a backend from it.
//!
//! [`oracle`] computes every number of the network in f64, with loops only and without Burn, and beside each number
//! two bounds for what f32 may make of it. [`pytorch`] has the numbers that PyTorch finds, and [`parity`] holds a backend
//! against them, within the oracle's bounds.

mod error;
pub mod oracle;
pub mod parity;
pub mod pytorch;

pub use error::Error;
