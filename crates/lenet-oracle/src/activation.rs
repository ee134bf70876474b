//! ReLU.

use crate::{Number, Tensor};

/// Computes max(0, x) for each element.
pub fn relu(x: &Tensor) -> Tensor {
    Tensor::from_numbers(&x.shape, x.numbers().map(relu_of))
}

fn relu_of(x: Number) -> Number {
    if x.value.is_nan() {
        return Number::exact(x.value);
    }
    // If x is negative, the result's error is the part of the interval x ± error that lies above zero.
    let above_zero = |error: f64| if x.value < 0.0 { (x.value + error).max(0.0) } else { error };
    Number { value: x.value.max(0.0), hard: above_zero(x.hard), soft: above_zero(x.soft) }
}

/// Backward pass of [`relu`]: the gradient with respect to `x` is `gradient` where x > 0, else 0. Where |x|
/// is within its error bound, the result's bounds allow both.
///
/// # Panics
/// If the shapes differ.
pub fn relu_backward(x: &Tensor, gradient: &Tensor) -> Tensor {
    assert_eq!(x.shape, gradient.shape);
    let numbers = x.numbers().zip(gradient.numbers()).map(|(x, gradient)| {
        let bound = |error: f64, own: f64| {
            let ambiguous = error > 0.0 && x.value.abs() <= error;
            if ambiguous {
                gradient.value.abs() + own
            } else if x.value > 0.0 {
                own
            } else {
                0.0
            }
        };
        Number {
            value: if x.value > 0.0 { gradient.value } else { 0.0 },
            hard: bound(x.hard, gradient.hard),
            soft: bound(x.soft.min(x.hard), gradient.soft),
        }
    });
    Tensor::from_numbers(&x.shape, numbers)
}
