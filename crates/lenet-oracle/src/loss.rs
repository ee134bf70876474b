//! The losses, with their gradients at the network's output.

use crate::{Number, Precision, Tensor};

/// A loss and its gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct LossAndGradient {
    /// The loss, a mean.
    pub loss: Number,
    /// Its gradient at the first argument of the loss, with its shape.
    pub gradient: Tensor,
}

/// Mean over the batch of −Σ qⱼ·log softmax(logits)ⱼ, where q is 1 − `smoothing` at the label, and `smoothing` / classes
/// everywhere beside. `logits` is `[batch, classes]`; a label is less than classes. As PyTorch's `cross_entropy`.
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

/// Mean over all elements of (output − target)². As PyTorch's `mse_loss`.
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

/// `x − m − log Σ exp(x − m)` along each row of `[rows, classes]`, where m is the row's maximum.
pub fn log_softmax(x: &Tensor, precision: &Precision) -> Tensor {
    let (_, classes) = rows(x);
    let numbers: Vec<Number> = x.numbers().collect();
    let result = numbers.chunks_exact(classes).flat_map(|row| log_softmax_row(row, precision));
    Tensor::from_numbers(&x.shape, result.collect::<Vec<_>>())
}

/// The errors δ of a row go two ways. The result is `x − log Σ exp x`, whatever m is, so they change it by δᵢ − log Σ pⱼ·exp(δⱼ), with
/// p the softmax; the second part lies within ± log Σ pⱼ·exp|δⱼ| by Jensen's inequality. The operations' own
/// errors are those on exact inputs.
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
        // The operations' errors are in proportion to numbers that err as the row does: second order, 1 + γ.
        let hard = (y.hard + x.hard + hard) * (1.0 + precision.gamma(8.0 + 2.0 * row.len() as f64));
        Number { hard, soft: y.soft.hypot(x.soft + soft), ..y }
    });
    result.collect()
}

/// The gradient at the input of [`log_softmax`], from its result `y`: `gradientⱼ − exp(yⱼ)·Σ gradient`. The bounds also
/// hold for exp(xⱼ − m) · (1 / Σ exp(x − m)) in place of exp(yⱼ), which a backward pass of the single operations has.
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
            let probability = precision.quotient(precision.exp(y.number(i)));
            precision.sub(gradient.number(i), precision.mul(probability, total))
        }));
    }
    Tensor::from_numbers(&y.shape, result)
}

/// `[batch, classes]`: 1 at the label, 0 elsewhere.
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

/// Σ of the numbers in any order. As many roundings as numbers: the one that is not needed is there for a mean that
/// multiplies by 1/n.
fn sum(numbers: Vec<Number>, precision: &Precision) -> Number {
    let mut sums = crate::contraction::Sums::zero();
    for number in numbers {
        sums.add(0, number);
    }
    sums.finish(&[1], precision).number(0)
}

fn rows(x: &Tensor) -> (usize, usize) {
    let [rows, classes] = x.shape[..] else { panic!("rows of shape {:?}", x.shape) };
    assert!(classes > 0);
    (rows, classes)
}
