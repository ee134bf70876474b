//! The update rules that divide by an average of the gradient: Adam, RMSprop and Adagrad.
//!
//! If the error of a gradient is as large as the gradient, the quotient can have any value in the range of
//! the rule. Therefore the error of a quotient is limited to the width of that range.

use crate::{Number, Precision};

/// Adam's direction, in the order of Burn's operations, which folds the bias corrections into one factor and
/// into ε. `memory` holds the averages of the gradient and of its square; `steps` counts this step.
pub(crate) fn adam(
    p: &Precision,
    steps: i32,
    gradient: Number,
    [beta_1, beta_2]: [f64; 2],
    epsilon: f64,
    memory: &mut [Number; 3],
) -> Number {
    let [beta_1, beta_2, epsilon] = [beta_1, beta_2, epsilon].map(|setting| p.constant(setting));
    let [average, squares, _] = memory;
    *average = mean(p, *average, gradient, beta_1);
    *squares = mean(p, *squares, p.mul(gradient, gradient), beta_2);
    let correction = |beta| p.sub(Number::exact(1.0), p.powi(beta, steps));
    let root = p.sqrt(correction(beta_2));
    let dividend = p.mul(*average, p.div(root, correction(beta_1)));
    let divisor = p.add(p.sqrt(*squares), p.mul(epsilon, root));
    within(p.div(dividend, divisor), largest_adam([beta_1.value, beta_2.value], steps))
}

/// RMSprop's direction. `settings` are α, ε and μ; `memory` holds the averages of the squared gradient and of
/// the gradient, and the momentum buffer.
pub(crate) fn rmsprop(
    p: &Precision,
    steps: i32,
    gradient: Number,
    settings: [f64; 3],
    centered: bool,
    memory: &mut [Number; 3],
) -> Number {
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
    let quotient = within(quotient, largest_rmsprop(alpha.value, centered, steps));
    *buffer = p.add(p.mul(*buffer, momentum), quotient);
    *buffer
}

/// Adagrad's direction. `memory` holds the sum of the squared gradients.
pub(crate) fn adagrad(p: &Precision, gradient: Number, epsilon: f64, memory: &mut [Number; 3]) -> Number {
    let [squares, ..] = memory;
    *squares = p.add(*squares, p.mul(gradient, gradient));
    let quotient = p.div(gradient, p.add(p.sqrt(*squares), p.constant(epsilon)));
    within(quotient, 1.0)
}

/// Exponential moving average, β·average + (1 − β)·x.
fn mean(p: &Precision, average: Number, x: Number, beta: Number) -> Number {
    p.add(p.mul(average, beta), p.mul(x, p.sub(Number::exact(1.0), beta)))
}

/// Limits the bounds of a quotient whose magnitude is at most `largest` in real arithmetic, and 0.1 % more
/// after rounding.
fn within(quotient: Number, largest: f64) -> Number {
    let farthest = quotient.value.abs() + 1.001 * largest;
    Number { hard: quotient.hard.min(farthest), soft: quotient.soft.min(farthest), ..quotient }
}

/// Largest possible |m̂| / √v̂ after `steps` steps. With aₖ = (1 − β₁)·β₁ᵏ and bₖ = (1 − β₂)·β₂ᵏ, m = Σ aₖ·gₖ
/// and v = Σ bₖ·gₖ², so by Cauchy and Schwarz m² ≤ v · Σ aₖ²/bₖ.
fn largest_adam([beta_1, beta_2]: [f64; 2], steps: i32) -> f64 {
    let ratio = beta_1 * beta_1 / beta_2;
    let powers: f64 = (0..steps).map(|k| ratio.powi(k)).sum();
    let corrections = (1.0 - beta_2.powi(steps)).sqrt() / (1.0 - beta_1.powi(steps));
    ((1.0 - beta_1).powi(2) / (1.0 - beta_2) * powers).sqrt() * corrections
}

/// Largest possible |g| / √v, which follows from v ≥ (1 − α)·g². In the centered variant a limit is known for
/// the first step only, where v − ḡ² = (1 − α)·α·g².
fn largest_rmsprop(alpha: f64, centered: bool, steps: i32) -> f64 {
    match (centered, steps) {
        (false, _) => 1.0 / (1.0 - alpha).sqrt(),
        (true, 1) => 1.0 / (alpha * (1.0 - alpha)).sqrt(),
        (true, _) => f64::INFINITY,
    }
}
