//! The optimizers that divide by the size of the gradient.
//!
//! Where a gradient is known no better than its own size, the quotient may be anything that the rule can give. So its error
//! is never more than from one end of its range to the other.

use super::One;
use crate::{Number, Precision};

impl One<'_> {
    /// With the operations in Burn's order, which moves the bias corrections to one factor and to ε.
    pub(super) fn adam(
        &self,
        gradient: Number,
        [beta_1, beta_2]: [f64; 2],
        epsilon: f64,
        memory: &mut [Number; 3],
    ) -> Number {
        let p = self.precision;
        let [beta_1, beta_2, epsilon] = [beta_1, beta_2, epsilon].map(|setting| p.constant(setting));
        let [average, squares, _] = memory;
        *average = mean(p, *average, gradient, beta_1);
        *squares = mean(p, *squares, p.mul(gradient, gradient), beta_2);
        let correction = |beta| p.sub(Number::exact(1.0), p.powi(beta, self.steps));
        let root = p.sqrt(correction(beta_2));
        let dividend = p.mul(*average, p.div(root, correction(beta_1)));
        let divisor = p.add(p.sqrt(*squares), p.mul(epsilon, root));
        within(p.div(dividend, divisor), largest_adam([beta_1.value, beta_2.value], self.steps))
    }

    /// Settings: α, ε and μ.
    pub(super) fn rmsprop(
        &self,
        gradient: Number,
        settings: [f64; 3],
        centered: bool,
        memory: &mut [Number; 3],
    ) -> Number {
        let p = self.precision;
        let [alpha, epsilon, momentum] = settings.map(|setting| p.constant(setting));
        let [squares, average, buffer] = memory;
        *squares = mean(p, *squares, p.mul(gradient, gradient), alpha);
        let variance = if centered {
            *average = mean(p, *average, gradient, alpha);
            p.sub(*squares, p.mul(*average, *average))
        } else {
            *squares
        };
        let quotient = p.div(gradient, p.add(p.sqrt(variance), epsilon));
        let quotient = within(quotient, largest_rmsprop(alpha.value, centered, self.steps));
        *buffer = p.add(p.mul(*buffer, momentum), quotient);
        *buffer
    }

    pub(super) fn adagrad(&self, gradient: Number, epsilon: f64, memory: &mut [Number; 3]) -> Number {
        let p = self.precision;
        let [squares, ..] = memory;
        *squares = p.add(*squares, p.mul(gradient, gradient));
        let quotient = p.div(gradient, p.add(p.sqrt(*squares), p.constant(epsilon)));
        within(quotient, 1.0)
    }
}

/// β·average + (1 − β)·x
fn mean(p: &Precision, average: Number, x: Number, beta: Number) -> Number {
    p.add(p.mul(average, beta), p.mul(x, p.sub(Number::exact(1.0), beta)))
}

/// A quotient whose size is at most `largest` in real numbers, and a thousandth more after rounding.
fn within(quotient: Number, largest: f64) -> Number {
    let farthest = quotient.value.abs() + 1.001 * largest;
    Number { hard: quotient.hard.min(farthest), soft: quotient.soft.min(farthest), ..quotient }
}

/// The largest |m̂| / √v̂ after some steps. With aₖ = (1 − β₁)·β₁ᵏ and bₖ = (1 − β₂)·β₂ᵏ, m = Σ aₖ·gₖ and v = Σ bₖ·gₖ², so by
/// Cauchy and Schwarz m² ≤ v · Σ aₖ²/bₖ.
fn largest_adam([beta_1, beta_2]: [f64; 2], steps: i32) -> f64 {
    let ratio = beta_1 * beta_1 / beta_2;
    let powers: f64 = (0..steps).map(|k| ratio.powi(k)).sum();
    let corrections = (1.0 - beta_2.powi(steps)).sqrt() / (1.0 - beta_1.powi(steps));
    ((1.0 - beta_1).powi(2) / (1.0 - beta_2) * powers).sqrt() * corrections
}

/// The largest |g| / √v: v has at least (1 − α)·g². Centered it is known for the first step only, where
/// v − ḡ² = (1 − α)·α·g².
fn largest_rmsprop(alpha: f64, centered: bool, steps: i32) -> f64 {
    match (centered, steps) {
        (false, _) => 1.0 / (1.0 - alpha).sqrt(),
        (true, 1) => 1.0 / (alpha * (1.0 - alpha)).sqrt(),
        (true, _) => f64::INFINITY,
    }
}
