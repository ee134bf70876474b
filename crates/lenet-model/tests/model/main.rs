//! The network and its weights, as a user of the crate sees them.

// Helper functions of a test may panic as the tests do.
#![allow(clippy::unwrap_used)]

mod classes;
mod classifier;
mod disguises;
mod interop;
mod network;
#[cfg(feature = "pretrained")]
mod pretrained;
mod printouts;
mod pytorch;
mod weights;

use burn::tensor::{Device, Tensor};
use lenet_model::LeNet;

/// The CPU.
fn device() -> Device {
    lenet_backend::open(&"flex".parse().unwrap()).unwrap()
}

/// Some numbers from -1 to 1, `[size, 1, 32, 32]`.
fn images(size: usize) -> Tensor<4> {
    let values: Vec<f32> = (0..size * 32 * 32).map(|i| ((i * 7919) % 2003) as f32 / 1001.0 - 1.0).collect();
    Tensor::<1>::from_floats(values.as_slice(), &device()).reshape([size, 1, 32, 32])
}

fn logits(net: &LeNet) -> Vec<f32> {
    net.forward(images(3)).into_data().try_into_vec().unwrap()
}
