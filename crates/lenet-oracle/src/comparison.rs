//! [`Comparison`]: the errors of a result as fractions of the oracle's bounds.

use crate::{Number, Tensor};

/// The errors of a result, |found − value|, relative to the oracle's bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// Number of compared elements.
    pub numbers: usize,
    /// Number of elements without a finite bound, which cannot be judged.
    pub incomparable: usize,
    /// Largest |found − value| of the elements with a finite bound.
    pub largest_error: f64,
    /// Largest |found − value| / hard bound. Above 1 the result is wrong.
    pub hard: f64,
    /// Largest |found − value| / soft bound, where the smaller of both bounds counts. Above 1 the result is
    /// suspicious; above 2, which corresponds to λ = 8, the probability that rounding to nearest causes the
    /// error is about 1e-13.
    pub soft: f64,
    /// The element that determines `hard`; `None` if no element has a finite bound.
    pub worst: Option<Worst>,
    /// The element that determines `soft`.
    pub worst_soft: Option<Worst>,
}

/// An element of a compared tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Worst {
    /// Row-major offset.
    pub index: usize,
    /// The oracle's value, with its bounds.
    pub expected: Number,
    /// The compared value.
    pub found: f64,
}

impl Tensor {
    /// Compares a result with this tensor. A NaN or an infinity matches only itself. If the number of
    /// elements differs, `hard` is infinite.
    pub fn compare(&self, found: &[f64]) -> Comparison {
        let hard = if found.len() == self.values.len() { 0.0 } else { f64::INFINITY };
        let mut result = Comparison { numbers: found.len(), hard, ..Comparison::empty() };
        for (index, (expected, &found)) in self.numbers().zip(found).enumerate() {
            result.add(Worst { index, expected, found });
        }
        result
    }

    /// As [`compare`](Self::compare), for a result in f32.
    pub fn compare_f32(&self, found: &[f32]) -> Comparison {
        self.compare(&found.iter().copied().map(f64::from).collect::<Vec<_>>())
    }
}

impl Number {
    /// As [`Tensor::compare`], for a single number.
    pub fn compare(self, found: f64) -> Comparison {
        let mut result = Comparison { numbers: 1, ..Comparison::empty() };
        result.add(Worst { index: 0, expected: self, found });
        result
    }
}

impl Comparison {
    fn empty() -> Self {
        Self {
            numbers: 0,
            incomparable: 0,
            largest_error: 0.0,
            hard: 0.0,
            soft: 0.0,
            worst: None,
            worst_soft: None,
        }
    }

    fn add(&mut self, number: Worst) {
        let Worst { expected, found, .. } = number;
        if expected.value.is_finite() && !expected.hard.is_finite() {
            self.incomparable += 1;
            return;
        }
        let error = distance(expected.value, found);
        let (hard, soft) = (share(error, expected.hard), share(error, expected.soft.min(expected.hard)));
        self.largest_error = self.largest_error.max(error);
        if self.worst.is_none() || hard > self.hard {
            self.worst = Some(number);
        }
        if self.worst_soft.is_none() || soft > self.soft {
            self.worst_soft = Some(number);
        }
        self.hard = self.hard.max(hard);
        self.soft = self.soft.max(soft);
    }
}

/// Computes |found − expected|: 0 for two NaNs or equal infinities, infinity if only one is NaN.
fn distance(expected: f64, found: f64) -> f64 {
    if expected == found || (expected.is_nan() && found.is_nan()) {
        return 0.0;
    }
    let distance = (found - expected).abs();
    if distance.is_nan() { f64::INFINITY } else { distance }
}

/// `error` / `bound`, where no error uses nothing of a bound of zero.
fn share(error: f64, bound: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / bound }
}
