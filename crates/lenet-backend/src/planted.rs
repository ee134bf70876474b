//! Bugs to plant in the vectors of the kernels: they show that the conformance tests catch a wrong kernel on every
//! instruction set.

pub use crate::kernels::{Bug, plant, was_reached};
