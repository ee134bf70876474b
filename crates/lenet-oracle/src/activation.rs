//! ReLU.

use crate::{Number, Tensor};

/// max(0, x).
pub fn relu(x: &Tensor) -> Tensor {
    Tensor::from_numbers(&x.shape, x.numbers().map(relu_of))
}

fn relu_of(x: Number) -> Number {
    if x.value.is_nan() {
        return Number::exact(x.value);
    }
    // A negative number errs by as much as its error reaches above zero.
    let reaching = |error: f64| if x.value < 0.0 { (x.value + error).max(0.0) } else { error };
    Number { value: x.value.max(0.0), hard: reaching(x.hard), soft: reaching(x.soft) }
}

/// The gradient at the input of [`relu`]: `gradient` where x > 0, else 0. Where x is nearer to 0 than its bound, either.
///
/// # Panics
/// If the shapes differ.
pub fn relu_backward(x: &Tensor, gradient: &Tensor) -> Tensor {
    assert_eq!(x.shape, gradient.shape);
    let numbers = x.numbers().zip(gradient.numbers()).map(|(x, gradient)| {
        let jump = |error: f64, own: f64| {
            let both = error > 0.0 && x.value.abs() <= error;
            if both {
                gradient.value.abs() + own
            } else if x.value > 0.0 {
                own
            } else {
                0.0
            }
        };
        Number {
            value: if x.value > 0.0 { gradient.value } else { 0.0 },
            hard: jump(x.hard, gradient.hard),
            soft: jump(x.soft.min(x.hard), gradient.soft),
        }
    });
    Tensor::from_numbers(&x.shape, numbers)
}
