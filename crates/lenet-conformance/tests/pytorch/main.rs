//! The oracle and the backends against PyTorch's numbers in f64. `fixtures/generate.py` says where they come from.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod network;
mod parity;
mod trajectories;
