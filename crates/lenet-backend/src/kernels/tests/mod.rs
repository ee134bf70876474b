//! The kernels against plain loops in `f64`, on every instruction set of the machine at hand.

mod conv;
mod edges;
mod linear;
mod threads;
mod vectors;

use super::Isa;
use proptest::prelude::*;

/// Drawn cases of a property; few where every memory access is checked.
const CASES: u32 = if cfg!(miri) { 2 } else { 96 };

/// An instruction set of this machine.
fn isa() -> impl Strategy<Value = Isa> {
    prop::sample::select(Isa::available())
}

/// `n` numbers that f32 adds and multiplies without rounding, many of them equal.
fn whole(seed: u64, n: usize) -> Vec<f32> {
    numbers(seed, n).iter().map(|x| (x * 3.0).round()).collect()
}

/// `n` numbers in -1..1.
fn numbers(seed: u64, n: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// A value and the sum of the magnitudes of its terms.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: f64,
    magnitude: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.magnitude += term.abs();
    }

    /// How far any order of `n` roundings may take an f32 sum of products: γₙ·Σ|terms| (Higham, §3.1),
    /// plus what products below the smallest normal number may lose.
    fn bound(&self, n: usize) -> f64 {
        let nu = n as f64 * f64::from(f32::EPSILON) / 2.0;
        nu / (1.0 - nu) * self.magnitude + n as f64 * 1e-44
    }
}

fn assert_within(what: &str, actual: &[f32], expected: &[Sum], roundings: usize) {
    assert_eq!(actual.len(), expected.len());
    for (i, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let error = (f64::from(*actual) - expected.value).abs();
        assert!(error <= expected.bound(roundings), "{what}[{i}]: {actual}, not {expected:?}");
    }
}

fn assert_exact(what: &str, actual: &[f32], expected: &[Sum]) {
    assert_eq!(actual.len(), expected.len());
    for (i, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert!(f64::from(*actual) == expected.value, "{what}[{i}]: {actual}, not {}", expected.value);
    }
}
