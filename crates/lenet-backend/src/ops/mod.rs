//! Fused operations on tensors: one pass over memory for what takes Burn several, with gradients of their
//! own.
//!
//! On the CPU backends and on wgpu, for f32 and for the shapes that they support, they run the kernels of this crate;
//! on every other device, type and shape they are Burn's own operations, one after the other. The results agree
//! within the rounding of f32, because sums are in another order, with one exception: if a pool window holds
//! a NaN, the kernels return NaN on every backend.

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod class_loss;
mod conv_net;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod cpu;
#[cfg(feature = "gpu")]
mod cube;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod dispatch;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod extension;
mod layers;
mod losses;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod nodes;
mod pass;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod passes;

pub use conv_net::{Affine, conv_net};
pub use layers::{conv_relu_pool, linear, linear_relu};
pub use losses::{
    cross_entropy, cross_entropy_with_gradient, mse_of_labels, mse_of_labels_with_gradient,
    value_and_gradient,
};
pub use pass::{AffineGradient, ConvNetPass, conv_net_pass};
