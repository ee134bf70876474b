//! Bugs to plant in the kernels: they show that the conformance tests catch a wrong kernel on every instruction set, and
//! on GPUs.

#[cfg(any(feature = "flex", feature = "ndarray"))]
pub use crate::kernels::{Bug, plant, was_reached};

/// Bugs in the kernels for GPUs.
#[cfg(feature = "wgpu")]
pub mod gpu {
    pub use crate::cube::{Bug, plant, was_reached};
}
