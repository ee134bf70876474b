//! [`Comparison`]: how much of the bounds a result used.

use crate::{Number, Tensor};

/// How far a result is from the oracle, as shares of the bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// How many numbers were compared.
    pub numbers: usize,
    /// How many of them have no finite bound, so that nothing can be said of them.
    pub incomparable: usize,
    /// The largest |found − value| of comparable numbers.
    pub largest_error: f64,
    /// The largest share of a hard bound. Above 1 the result is wrong.
    pub hard: f64,
    /// The largest share of a soft bound, or of the hard one where that is smaller. Above 1 the result is suspicious; above
    /// 2, which is λ = 8, roundings to nearest would have to conspire with a probability of 1e-13.
    pub soft: f64,
    /// The number with the largest share of its hard bound; `None` if nothing was comparable.
    pub worst: Option<Worst>,
    /// The same for the soft bound.
    pub worst_soft: Option<Worst>,
}

/// The number that [`Comparison::hard`] or [`Comparison::soft`] is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// Its place, counted row by row.
    pub index: usize,
    /// What the oracle says.
    pub expected: Number,
    /// What was found.
    pub found: f64,
}

impl Tensor {
    /// Compares a result with the oracle. Where the oracle says NaN or an infinity, only the same will do; a wrong
    /// number of numbers is an infinite share.
    pub fn compare(&self, found: &[f64]) -> Comparison {
        let hard = if found.len() == self.values.len() { 0.0 } else { f64::INFINITY };
        let mut result = Comparison { numbers: found.len(), hard, ..Comparison::of_nothing() };
        for (index, (expected, &found)) in self.numbers().zip(found).enumerate() {
            result.add(Worst { index, expected, found });
        }
        result
    }

    /// [`compare`](Self::compare) for results in f32.
    pub fn compare_f32(&self, found: &[f32]) -> Comparison {
        self.compare(&found.iter().copied().map(f64::from).collect::<Vec<_>>())
    }
}

impl Number {
    /// [`Tensor::compare`] for one number.
    pub fn compare(self, found: f64) -> Comparison {
        let mut result = Comparison { numbers: 1, ..Comparison::of_nothing() };
        result.add(Worst { index: 0, expected: self, found });
        result
    }
}

impl Comparison {
    fn of_nothing() -> Self {
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

/// |found − expected|, where NaN is only near NaN and an infinity only near itself.
fn distance(expected: f64, found: f64) -> f64 {
    if expected == found || (expected.is_nan() && found.is_nan()) {
        return 0.0;
    }
    let distance = (found - expected).abs();
    if distance.is_nan() { f64::INFINITY } else { distance }
}

fn share(error: f64, bound: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / bound }
}
