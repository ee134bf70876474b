//! Losses and their gradients with respect to the network's output.

use crate::contraction::Sums;
use crate::{Number, Precision, Tensor};

/// A loss and its gradient.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LossAndGradient {
    /// Mean loss.
    pub loss: Number,
    /// Gradient with respect to the first argument of the loss function, in the same shape.
    pub gradient: Tensor,
}

/// Cross-entropy, as PyTorch's `cross_entropy`: the mean over the batch of −Σ qⱼ·log softmax(logits)ⱼ. The
/// target q is `smoothing` / classes for every class, plus 1 − `smoothing` for the label. `logits` is
/// `[batch, classes]`.
///
/// # Panics
/// If there is not one label below `classes` for each row.
pub fn cross_entropy(
    logits: &Tensor,
    labels: &[usize],
    smoothing: f64,
    precision: &Precision,
) -> LossAndGradient {
    let (batch, classes) = rows(logits);
    assert!(labels.len() == batch && labels.iter().all(|label| *label < classes));
    let log_softmax = log_softmax(logits, precision);
    let targets = targets(labels, classes, smoothing, precision);
    let minus_one = Number::exact(-1.0);
    let products = targets.numbers().zip(log_softmax.numbers()).map(|(q, y)| precision.mul(q, y));
    let total = sum(products.collect::<Vec<_>>(), precision);
    let mean = precision.div(total, Number::exact(batch as f64));
    let gradients = targets.numbers().map(|q| {
        let q = precision.div(q, Number::exact(batch as f64));
        precision.mul(minus_one, q)
    });
    let gradient = Tensor::from_numbers(&logits.shape, gradients.collect::<Vec<_>>());
    LossAndGradient {
        loss: precision.mul(minus_one, mean),
        gradient: log_softmax_backward(&log_softmax, &gradient, precision),
    }
}

/// Mean squared error, as PyTorch's `mse_loss`: the mean over all elements of (output − target)².
///
/// # Panics
/// If the shapes differ.
pub fn mse(output: &Tensor, target: &Tensor, precision: &Precision) -> LossAndGradient {
    assert_eq!(output.shape, target.shape);
    let count = Number::exact(output.values.len() as f64);
    let difference = |(output, target)| precision.sub(output, target);
    let differences: Vec<Number> = output.numbers().zip(target.numbers()).map(difference).collect();
    let squares = differences.iter().map(|d| precision.mul(*d, *d)).collect();
    let factor = precision.div(Number::exact(2.0), count);
    let gradients: Vec<Number> = differences.iter().map(|d| precision.mul(*d, factor)).collect();
    LossAndGradient {
        loss: precision.div(sum(squares, precision), count),
        gradient: Tensor::from_numbers(&output.shape, gradients),
    }
}

/// Log-softmax of each row of `[rows, classes]`: `x − m − log Σ exp(x − m)`, where m is the row's maximum.
///
/// # Panics
/// If `x` is not a matrix with at least one column.
pub fn log_softmax(x: &Tensor, precision: &Precision) -> Tensor {
    let (_, classes) = rows(x);
    let numbers: Vec<Number> = x.numbers().collect();
    let result = numbers.chunks_exact(classes).flat_map(|row| log_softmax_row(row, precision));
    Tensor::from_numbers(&x.shape, result.collect::<Vec<_>>())
}

/// Log-softmax of one row. The result equals `x − log Σ exp x` for every m, so input errors δ change it by δᵢ
/// − log Σ pⱼ·exp(δⱼ), where p is the softmax. By Jensen's inequality the second term is within ± log Σ
/// pⱼ·exp|δⱼ|. The rounding errors of the operations themselves are those on exact inputs.
fn log_softmax_row(row: &[Number], precision: &Precision) -> Vec<Number> {
    let maximum = row.iter().map(|x| x.value).fold(f64::NEG_INFINITY, f64::max);
    let shifted: Vec<Number> =
        row.iter().map(|x| precision.sub(Number::exact(x.value), Number::exact(maximum))).collect();
    let exponentials = shifted.iter().map(|d| precision.exp(*d)).collect();
    let total = sum(exponentials, precision);
    let logarithm = precision.ln(total);
    let probability = |d: &Number| d.value.exp() / total.value;
    let spread = |error: fn(&Number) -> f64| {
        let growth = row.iter().zip(&shifted).map(|(x, d)| probability(d) * error(x).exp_m1());
        growth.sum::<f64>().ln_1p()
    };
    let (hard, soft) = (spread(|x| x.hard), spread(|x| x.soft));
    let result = row.iter().zip(&shifted).map(|(x, d)| {
        let y = precision.sub(*d, logarithm);
        // Rounding errors are proportional to intermediate results, which have errors themselves: a
        // second-order term, 1 + γ.
        let hard = (y.hard + x.hard + hard) * (1.0 + precision.gamma(8.0 + 2.0 * row.len() as f64));
        Number { hard, soft: y.soft.hypot(x.soft + soft), ..y }
    });
    result.collect()
}

/// Backward pass of [`log_softmax`], from its result `y` and the output gradient: `gradientⱼ − exp(yⱼ)·Σ
/// gradient`. The bounds also hold if exp(yⱼ) is computed as exp(xⱼ − m) · (1 / Σ exp(x − m)), as
/// backpropagation through the single operations does.
///
/// # Panics
/// If the shapes differ.
pub fn log_softmax_backward(y: &Tensor, gradient: &Tensor, precision: &Precision) -> Tensor {
    assert_eq!(y.shape, gradient.shape);
    let (rows, classes) = rows(y);
    let mut result = Vec::with_capacity(y.values.len());
    for row in 0..rows {
        let places = row * classes..(row + 1) * classes;
        let total = sum(places.clone().map(|i| gradient.number(i)).collect(), precision);
        result.extend(places.map(|i| {
            let probability = precision.allow_reciprocal(precision.exp(y.number(i)));
            precision.sub(gradient.number(i), precision.mul(probability, total))
        }));
    }
    Tensor::from_numbers(&y.shape, result)
}

/// One-hot encoding `[batch, classes]`: 1 at the label, 0 elsewhere.
///
/// # Panics
/// If a label is not below `classes`.
pub fn one_hot(labels: &[usize], classes: usize) -> Tensor {
    let mut result = Tensor::exact(&[labels.len(), classes], vec![0.0; labels.len() * classes]);
    for (row, label) in labels.iter().enumerate() {
        assert!(*label < classes);
        result.values[row * classes + label] = 1.0;
    }
    result
}

/// Target distribution with label smoothing.
fn targets(labels: &[usize], classes: usize, smoothing: f64, precision: &Precision) -> Tensor {
    let hard = one_hot(labels, classes);
    if smoothing == 0.0 {
        return hard;
    }
    let smoothing = precision.constant(smoothing);
    let rest = precision.sub(Number::exact(1.0), smoothing);
    let each = precision.div(smoothing, Number::exact(classes as f64));
    let numbers = hard.numbers().map(|q| precision.add(precision.mul(q, rest), each));
    Tensor::from_numbers(&hard.shape, numbers.collect::<Vec<_>>())
}

/// Sum of the numbers in any order. It counts n roundings for n numbers, one more than a sum has, so that the
/// bounds also hold for a mean that multiplies by 1/n.
fn sum(numbers: Vec<Number>, precision: &Precision) -> Number {
    let mut sums = Sums::zero();
    for number in numbers {
        sums.add(0, number);
    }
    sums.finish(&[1], precision).number(0)
}

/// Number of rows and of classes.
fn rows(x: &Tensor) -> (usize, usize) {
    let [rows, classes] = x.shape[..] else { panic!("rows of shape {:?}", x.shape) };
    assert!(classes > 0);
    (rows, classes)
}
