//! [`Kinks`]: how near ReLU and max-pool came to deciding otherwise.

use crate::Tensor;
use crate::pool::{margin, windows, winner};

/// The decisions of ReLU and max-pool in a computation, and the closest of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kinks {
    /// How many decisions there were: one for each ReLU and each window.
    pub decisions: usize,
    /// How many of them rounding within the hard bounds may change.
    pub ambiguous: usize,
    /// How many windows have equal largest numbers other than zero, which go to the first.
    pub ties: usize,
    /// The one with the least distance from deciding otherwise, in units of its bound: ambiguous up to 1.
    pub closest: Option<Kink>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Kink {
    /// Which layer decides, such as `c1` or `s2`.
    pub layer: &'static str,
    /// The number among the layer's results, counted row by row.
    pub index: usize,
    /// Distance from the kink divided by the hard bound of this distance.
    pub ratio: f64,
}

impl Kinks {
    /// Whether every correct computation takes the same decisions, so that gradients can be compared.
    pub fn comparable(&self) -> bool {
        self.ambiguous == 0
    }

    /// The decisions of a ReLU on `x`.
    pub fn of_relu(layer: &'static str, x: &Tensor) -> Self {
        let mut kinks = Self::default();
        for (index, x) in x.numbers().enumerate() {
            kinks.add(Kink { layer, index, ratio: ratio(x.value.abs(), x.hard) });
        }
        kinks
    }

    /// The decisions of a max-pool on `x`.
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

    /// Both together.
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
