//! The library as a user sees it: the loop with a module and data of the test's own, hooks, losses,
//! optimizers against PyTorch's formulas, schedules, evaluation and the metrics file.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod errors;
mod evaluate;
mod fit;
mod freeze;
mod hooks;
mod json_lines;
mod loss;
mod optimizer;
mod perceptron;
mod schedule;
mod without_graph;

use burn::tensor::Device;

/// The CPU, without autodiff.
fn device() -> Device {
    lenet_backend::open(&"flex".parse().unwrap()).unwrap()
}
