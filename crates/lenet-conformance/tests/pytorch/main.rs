//! Compares the oracle and the backends with PyTorch's f64 results. `fixtures/generate.py` describes their
//! origin.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod network;
mod parity;
mod trajectories;
