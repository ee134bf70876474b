//! Sums of products with their bounds: what convolutions, linear layers and all their gradients are.

use crate::{Number, Precision, Tensor};

/// Sums of products on their way to a [`Tensor`].
///
/// A contraction, such as a convolution, is a function that is linear in each of its two operands. Done with the
/// magnitudes of the operands in place of the operands it gives Σ|a||b|; done with 1 for each operand that is not zero,
/// the number of products that can round. So the loops of an operation are written once, and know no bounds.
pub(crate) struct Sums {
    values: Vec<f64>,
    /// Σ (|a| + α)·(|b| + β), with α and β the hard bounds of the operands.
    magnitudes: Vec<f64>,
    /// Σ (|a|·β + α·|b| + α·β)
    propagated: Vec<f64>,
    /// Σ |a|·|b|, which the soft bound goes by.
    soft_magnitudes: Vec<f64>,
    /// Σ (a²·σ_b² + σ_a²·b²), with σ the soft bounds.
    soft_squares: Vec<f64>,
    /// Products that are not exactly zero, and what was added to them.
    terms: Vec<f64>,
    /// Σ (|a| + |b|) over these products, where denormals are flushed.
    operands: Vec<f64>,
}

impl Sums {
    /// The sums that `contract` makes of the values of `a` and `b`, with all that their bounds need.
    pub(crate) fn new(
        a: &Tensor,
        b: &Tensor,
        precision: &Precision,
        contract: impl Fn(&[f64], &[f64]) -> Vec<f64>,
    ) -> Self {
        let values = contract(&a.values, &b.values);
        if precision.is_exact() {
            return Self::without_bounds(values);
        }
        let [magnitude_a, magnitude_b] = [a, b].map(|x| map(&x.values, f64::abs));
        let soft_magnitudes = contract(&magnitude_a, &magnitude_b);
        let propagated = propagated(a, b, [&magnitude_a, &magnitude_b], values.len(), &contract);
        let magnitudes = sum(&soft_magnitudes, &propagated);
        let [present_a, present_b] = [a, b].map(present);
        let operands = if precision.flushes {
            sum(&contract(&magnitude_a, &present_b), &contract(&present_a, &magnitude_b))
        } else {
            vec![0.0; values.len()]
        };
        Self {
            soft_squares: soft_squares(a, b, values.len(), &contract),
            terms: contract(&present_a, &present_b),
            values,
            magnitudes,
            propagated,
            soft_magnitudes,
            operands,
        }
    }

    /// One sum, of nothing yet.
    pub(crate) fn zero() -> Self {
        Self::without_bounds(vec![0.0])
    }

    fn without_bounds(values: Vec<f64>) -> Self {
        let zeros = vec![0.0; values.len()];
        Self {
            values,
            magnitudes: zeros.clone(),
            propagated: zeros.clone(),
            soft_magnitudes: zeros.clone(),
            soft_squares: zeros.clone(),
            terms: zeros.clone(),
            operands: zeros,
        }
    }

    /// Adds one more number to the sum at `index`.
    pub(crate) fn add(&mut self, index: usize, number: Number) {
        self.values[index] += number.value;
        self.magnitudes[index] += number.value.abs() + number.hard;
        self.propagated[index] += number.hard;
        self.soft_magnitudes[index] += number.value.abs();
        self.soft_squares[index] += number.soft * number.soft;
        self.terms[index] += if number.is_zero() { 0.0 } else { 1.0 };
    }

    /// The sums, rounded.
    pub(crate) fn finish(self, shape: &[usize], precision: &Precision) -> Tensor {
        let numbers = (0..self.values.len()).map(|i| self.number(i, precision)).collect::<Vec<_>>();
        Tensor::from_numbers(shape, numbers)
    }

    fn number(&self, i: usize, precision: &Precision) -> Number {
        let (value, terms) = (self.values[i], self.terms[i]);
        if precision.is_exact() || !value.is_finite() {
            return Number::exact(value);
        }
        let gamma = precision.gamma(terms);
        let tiny = precision.underflow_of(terms, self.operands[i]) * (1.0 + gamma);
        let hard = gamma * self.magnitudes[i] + self.propagated[i] + tiny;
        // Partial sums are at most this large, so nothing overflows.
        let fits = self.magnitudes[i] * (1.0 + gamma) <= precision.largest;
        if !fits || !hard.is_finite() {
            return Number { value, hard: f64::INFINITY, soft: f64::INFINITY };
        }
        let local = precision.soft_gamma(terms) * self.soft_magnitudes[i];
        Number { value, hard, soft: (local * local + self.soft_squares[i]).sqrt() + tiny }
    }
}

/// Σ (|a|·β + α·(|b| + β)), summed apart from Σ |a|·|b|, in which f64 would lose it where f64 itself is under test.
fn propagated(
    a: &Tensor,
    b: &Tensor,
    [magnitude_a, magnitude_b]: [&[f64]; 2],
    len: usize,
    contract: &impl Fn(&[f64], &[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let mut propagated = vec![0.0; len];
    if !is_exact(b) {
        propagated = contract(magnitude_a, &b.hard);
    }
    if !is_exact(a) {
        propagated = sum(&propagated, &contract(&a.hard, &sum(magnitude_b, &b.hard)));
    }
    propagated
}

fn soft_squares(
    a: &Tensor,
    b: &Tensor,
    len: usize,
    contract: &impl Fn(&[f64], &[f64]) -> Vec<f64>,
) -> Vec<f64> {
    let square = |x: &[f64]| map(x, |x| x * x);
    let mut squares = vec![0.0; len];
    if !is_exact(a) {
        squares = sum(&squares, &contract(&square(&a.soft), &square(&b.values)));
    }
    if !is_exact(b) {
        squares = sum(&squares, &contract(&square(&a.values), &square(&b.soft)));
    }
    squares
}

fn is_exact(x: &Tensor) -> bool {
    x.hard.iter().chain(&x.soft).all(|bound| *bound == 0.0)
}

/// 1 for each number that is not exactly zero.
fn present(x: &Tensor) -> Vec<f64> {
    x.numbers().map(|number| if number.is_zero() { 0.0 } else { 1.0 }).collect()
}

fn map(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|x| f(*x)).collect()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}
