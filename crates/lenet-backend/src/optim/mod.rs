//! The update rules of optimizers, and element-wise operations on parameters and gradients, each in one pass
//! over memory.
//!
//! On the CPU backends, for f32, they run the kernels of this crate, and change a tensor in place if no other
//! tensor shares its numbers. On wgpu the update rules, the norm, clipping and moving averages are kernels, which take several tensors
//! at once. Everything else is Burn's own operations.

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
mod alike;
#[cfg(feature = "gpu")]
mod constants;
mod elementwise;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod in_place;
mod leaf;
mod norm;
mod rule;
pub(crate) mod step;
mod together;
mod update;
mod updates;

#[cfg(feature = "gpu")]
pub use constants::Constants;
pub use elementwise::{clamp, moving_average, scale};
pub use leaf::LeafMemory;
pub use norm::GlobalNorm;
pub use rule::{Update, UpdateRule};
pub use together::{Clip, Clipping, MovingAverages};
pub use update::update;
pub use updates::Updates;
