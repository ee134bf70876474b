//! [`Kinks`]: how close the inputs of ReLU and max-pool are to the points where their decisions change.

use crate::Tensor;
use crate::pool::{margin, windows, winner};

/// Statistics of the decisions of ReLUs (which branch) and max-pools (which element of a window).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Kinks {
    /// Number of decisions: one for each ReLU input and each window.
    pub decisions: usize,
    /// Number of decisions that errors within the hard bounds can change.
    pub ambiguous: usize,
    /// Number of windows with several equal largest elements other than zero; the first of them is chosen.
    pub ties: usize,
    /// The decision with the smallest ratio.
    pub closest: Option<Kink>,
}

/// One decision of a ReLU or a max-pool.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Kink {
    /// Layer, such as `c1` or `s2`.
    pub layer: &'static str,
    /// Row-major offset in the layer's output.
    pub index: usize,
    /// Distance from the kink divided by the hard bound of this distance. Up to 1 the decision is ambiguous.
    pub ratio: f64,
}

impl Kinks {
    /// Whether no decision is ambiguous. Then every correct computation takes the same decisions, and
    /// gradients can be compared.
    pub fn comparable(&self) -> bool {
        self.ambiguous == 0
    }

    /// Statistics of a ReLU with the input `x`.
    pub fn of_relu(layer: &'static str, x: &Tensor) -> Self {
        let mut kinks = Self::default();
        for (index, x) in x.numbers().enumerate() {
            kinks.add(Kink { layer, index, ratio: ratio(x.value.abs(), x.hard) });
        }
        kinks
    }

    /// Statistics of a max-pool with the input `x`.
    pub fn of_max_pool(layer: &'static str, x: &Tensor) -> Self {
        let mut kinks = Self::default();
        for (index, window) in windows(&x.shape).enumerate() {
            let winner = winner(x, window);
            let rivals = || window.into_iter().filter(|rival| *rival != winner);
            let ratios = rivals().map(|i| ratio(margin(x, winner, i), x.hard[winner] + x.hard[i]));
            kinks.add(Kink { layer, index, ratio: ratios.fold(f64::INFINITY, f64::min) });
            let tie = x.values[winner] != 0.0 && rivals().any(|i| x.values[i] == x.values[winner]);
            kinks.ties += usize::from(tie);
        }
        kinks
    }

    /// Combined statistics of several layers.
    pub fn and(self, other: Self) -> Self {
        let closest = match (self.closest, other.closest) {
            (Some(a), Some(b)) => Some(if b.ratio < a.ratio { b } else { a }),
            (a, b) => a.or(b),
        };
        Self {
            decisions: self.decisions + other.decisions,
            ambiguous: self.ambiguous + other.ambiguous,
            ties: self.ties + other.ties,
            closest,
        }
    }

    fn add(&mut self, kink: Kink) {
        self.decisions += 1;
        self.ambiguous += usize::from(kink.ratio <= 1.0);
        if self.closest.as_ref().is_none_or(|closest| kink.ratio < closest.ratio) {
            self.closest = Some(kink);
        }
    }
}

fn ratio(distance: f64, bound: f64) -> f64 {
    if bound == 0.0 { f64::INFINITY } else { distance / bound }
}
