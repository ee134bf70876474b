//! The arithmetic of the fused operations on plain slices of `f32`: no tensors, no Burn.
//!
//! | module | computes |
//! |---|---|
//! | [`conv`] | convolution + bias + ReLU + 2×2 max-pool, forward and backward, over a batch |
//! | [`linear`] | `act(xW + b)`, forward and backward, over a batch |
//! | [`loss`] | losses of logits, with their gradients |
//! | [`update`] | one step of an optimizer |
//! | [`elementwise`] | moving average, scaling, clamping, sum of squares |
//! | `transpose` | transposed matrices and images |
//! | `simd` | vectors, and the choice of the instruction set |
//! | `scratch`, `result` | memory for intermediate numbers, and for results |
//!
//! # Reproducibility
//! A result depends on the input numbers, their shape and the [`Isa`], and on nothing else:
//! `lenet_threads::split` cuts a batch into tasks without knowing the number of threads, and partial sums are
//! added in the order of the tasks.

pub(crate) mod conv;
pub(crate) mod elementwise;
pub(crate) mod linear;
pub(crate) mod loss;
mod result;
pub(crate) mod scratch;
mod simd;
#[cfg(test)]
mod tests;
mod transpose;
pub(crate) mod update;

pub(crate) use simd::Isa;
#[cfg(feature = "planted-bugs")]
pub use simd::{Bug, plant, was_reached};
