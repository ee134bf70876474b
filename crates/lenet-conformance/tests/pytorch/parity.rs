//! Compares the backends with PyTorch.

use burn::tensor::Device;
use lenet_conformance::parity::{FUSED, Network, Row, STOCK, parity};
use lenet_oracle::Precision;

fn open(name: &str) -> Device {
    lenet_backend::open(&name.parse().unwrap()).unwrap().autodiff()
}

fn rows(device: &str, network: &Network) -> Vec<Row> {
    parity(&open(device), network, &Precision::F32).unwrap()
}

/// Seven activations of two batches (stock; the fused operations do not have C1 and C3), three losses, and
/// for each loss ten gradients and that of the input.
fn holds(device: &str, network: &Network, tensors: usize) {
    let rows = rows(device, network);
    assert_eq!(rows.len(), tensors);
    for Row { quantity, comparison, .. } in rows {
        assert!(comparison.hard <= 1.0 && comparison.soft <= 1.0, "{quantity}: {comparison:?}");
        assert_eq!(comparison.incomparable, 0, "{quantity}");
    }
}

#[cfg(feature = "flex")]
#[test]
fn flex_is_within_the_bounds_of_f32() {
    holds("flex", &STOCK, 2 * 7 + 3 * 12);
}

#[cfg(feature = "flex")]
#[test]
fn flex_with_fused_operations_is_within_the_bounds_of_f32() {
    holds("flex", &FUSED, 2 * 5 + 3 * 12);
}

#[cfg(feature = "ndarray")]
#[test]
fn ndarray_is_within_the_bounds_of_f32() {
    holds("ndarray", &STOCK, 2 * 7 + 3 * 12);
}

#[cfg(feature = "ndarray")]
#[test]
fn ndarray_with_fused_operations_is_within_the_bounds_of_f32() {
    holds("ndarray", &FUSED, 2 * 5 + 3 * 12);
}

/// A pass would otherwise mean little: a number has at most a thousand times the room that rounding takes.
#[cfg(feature = "flex")]
#[test]
fn the_soft_bounds_are_near_what_rounding_does() {
    for Row { quantity, comparison, .. } in rows("flex", &STOCK) {
        assert!(comparison.soft >= 1e-3, "{quantity}: {comparison:?}");
    }
}

/// Logits that are off by a thousandth show in every tensor that depends on them.
#[cfg(feature = "flex")]
#[test]
fn a_thousandth_too_much_is_beyond_the_soft_bounds() {
    let wrong = Network::new("wrong", |net, images| {
        let mut layers = (STOCK.forward)(net, images);
        let output = layers.pop().map(|(name, output)| (name, output * 1.001));
        layers.into_iter().chain(output).collect()
    });
    let rows = rows("flex", &wrong);
    let dependent =
        rows.iter().filter(|row| [".grad.", "output", "loss"].iter().any(|d| row.quantity.contains(d)));
    for Row { quantity, comparison, .. } in dependent {
        assert!(comparison.soft > 1.0, "{quantity}: {comparison:?}");
    }
}
