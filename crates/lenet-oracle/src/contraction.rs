//! [`Sums`]: sums of products with their error bounds. Convolutions, linear layers and their gradients are
//! such sums.

use crate::{Number, Precision, Tensor};

/// Accumulates sums of products, which [`finish`](Self::finish) turns into a [`Tensor`].
///
/// A contraction, such as a convolution, is linear in each of its two operands. Applied to the magnitudes of
/// the operands, the same contraction computes Σ|a||b|. Applied to indicators (1 for each operand that is not
/// zero), it counts the products that can round. Therefore each operation needs only one set of loops, which
/// does not deal with bounds.
pub(crate) struct Sums {
    values: Vec<f64>,
    /// Σ (|a| + α)·(|b| + β), with α and β the hard bounds of the operands.
    magnitudes: Vec<f64>,
    /// Σ (|a|·β + α·|b| + α·β)
    propagated: Vec<f64>,
    /// Σ |a|·|b|, for the soft bound.
    soft_magnitudes: Vec<f64>,
    /// Σ (a²·σ_b² + σ_a²·b²), with σ the soft bounds.
    soft_squares: Vec<f64>,
    /// Number of terms that are not exactly zero: products and added numbers.
    terms: Vec<f64>,
    /// Σ (|a| + |b|) over these products; zero unless the precision flushes denormals.
    operands: Vec<f64>,
}

impl Sums {
    /// Contracts `a` with `b`, and accumulates everything that the bounds depend on.
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
        let [nonzero_a, nonzero_b] = [a, b].map(nonzero);
        let operands = if precision.flushes {
            sum(&contract(&magnitude_a, &nonzero_b), &contract(&nonzero_a, &magnitude_b))
        } else {
            vec![0.0; values.len()]
        };
        Self {
            soft_squares: soft_squares(a, b, values.len(), &contract),
            terms: contract(&nonzero_a, &nonzero_b),
            values,
            magnitudes,
            propagated,
            soft_magnitudes,
            operands,
        }
    }

    /// A single empty sum.
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

    /// Adds `number` to the sum at `index`.
    pub(crate) fn add(&mut self, index: usize, number: Number) {
        self.values[index] += number.value;
        self.magnitudes[index] += number.value.abs() + number.hard;
        self.propagated[index] += number.hard;
        self.soft_magnitudes[index] += number.value.abs();
        self.soft_squares[index] += number.soft * number.soft;
        self.terms[index] += if number.is_zero() { 0.0 } else { 1.0 };
    }

    /// The sums with their bounds, as a tensor of shape `shape`.
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
        // An upper limit of all partial sums: if it is finite in f32, no sum overflows.
        let fits = self.magnitudes[i] * (1.0 + gamma) <= precision.largest;
        if !fits || !hard.is_finite() {
            return Number { value, hard: f64::INFINITY, soft: f64::INFINITY };
        }
        let local = precision.soft_gamma(terms) * self.soft_magnitudes[i];
        Number { value, hard, soft: (local * local + self.soft_squares[i]).sqrt() + tiny }
    }
}

/// Computes Σ (|a|·β + α·(|b| + β)). It is summed separately from Σ |a|·|b|: if f64 is under test, adding it
/// to that sum in f64 would round it away.
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

/// Computes Σ (a²·σ_b² + σ_a²·b²).
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

/// Indicator of each element: 0 if it is exactly zero, else 1.
fn nonzero(x: &Tensor) -> Vec<f64> {
    x.numbers().map(|number| if number.is_zero() { 0.0 } else { 1.0 }).collect()
}

fn map(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|x| f(*x)).collect()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}
