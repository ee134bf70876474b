//! Checks the oracle's gradients with finite differences, and its bounds with f32 computations.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy's leave for tests does not reach their helpers"
)]

mod arithmetic;
mod bounds;
mod decisions;
mod finite_differences;
mod losses;
mod optimizers;
mod random;
mod sharpen;
