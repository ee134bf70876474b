//! The arithmetic of the fused operations on plain slices of `f32`: no tensors, no Burn.
//!
//! | file | computes |
//! |---|---|
//! | [`conv`] | convolution + bias + ReLU + 2×2 max-pool, forward and backward, over a batch |
//! | `conv_columns` | its forward pass with lanes along the image's rows (few filters: LeNet's first block) |
//! | `conv_filters` | its forward pass with lanes along the filters (LeNet's second block) |
//! | `conv_weights`, `conv_input` | its gradients, over the positions that carry any |
//! | `pool`, [`shape`] | max-pool and ReLU in registers; sizes and orders in memory |
//! | [`linear`] | `act(xW + b)`, forward and backward, over a batch |
//! | `product`, `outer`, `transpose` | the matrix products below it, and transposing |
//! | [`update`], [`loss`] | a step of an optimizer; losses of logits with their gradients |
//! | [`passes`] | what hooks do with every number |
//! | `simd` | vectors and the choice of the instruction set |
//! | `scratch`, `fresh` | memory for intermediate numbers, and for results |
//! | `partition`, `team` | how a batch is split, and the threads that share it |
//!
//! # Reproducibility
//! A result depends on the numbers that go in, their shape and the [`Isa`], and on nothing else: the batch
//! is cut into tasks by a rule that does not know the number of threads, and partial sums are added in the
//! order of the tasks.

pub mod conv;
mod conv_columns;
mod conv_filters;
mod conv_input;
mod conv_weights;
pub(crate) mod fresh;
pub mod linear;
pub mod loss;
mod outer;
pub(crate) mod partition;
pub mod passes;
mod pool;
mod product;
mod scratch;
pub mod shape;
mod simd;
mod team;
#[cfg(test)]
mod tests;
mod transpose;
pub mod update;

pub use simd::Isa;
