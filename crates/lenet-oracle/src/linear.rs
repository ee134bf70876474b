//! The linear layer and its backward pass.

use crate::contraction::Sums;
use crate::conv::{axpy, dot};
use crate::{Precision, Tensor};

/// Computes `y = x·weightᵀ + bias`, with the weight in PyTorch's layout.
///
/// - `x`: `[batch, inputs]`
/// - `weight`: `[outputs, inputs]`
/// - `bias`: `[outputs]`
/// - result: `[batch, outputs]`
///
/// # Panics
/// If the shapes do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor, precision: &Precision) -> Tensor {
    let [batch, inputs, outputs] = sizes(x, weight);
    assert_eq!(bias.shape, [outputs]);
    let mut sums = Sums::new(x, weight, precision, |x, weight| {
        let rows = x.chunks_exact(inputs);
        rows.flat_map(|x| weight.chunks_exact(inputs).map(move |weight| dot(x, weight))).collect()
    });
    for index in 0..batch * outputs {
        sums.add(index, bias.number(index % outputs));
    }
    sums.finish(&[batch, outputs], precision)
}

/// Gradients of [`linear`] with respect to its inputs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinearGradients {
    /// Has the shape `[batch, inputs]`.
    pub x: Tensor,
    /// Has the shape `[outputs, inputs]`.
    pub weight: Tensor,
    /// Has the shape `[outputs]`.
    pub bias: Tensor,
}

/// Backward pass of [`linear`]: gradients with respect to input, weight and bias, given the output gradient.
///
/// # Panics
/// If the shapes do not fit.
pub fn linear_backward(
    x: &Tensor,
    weight: &Tensor,
    gradient: &Tensor,
    precision: &Precision,
) -> LinearGradients {
    let [batch, inputs, outputs] = sizes(x, weight);
    assert_eq!(gradient.shape, [batch, outputs]);
    let of_x = Sums::new(gradient, weight, precision, |gradient, weight| {
        let mut result = vec![0.0; batch * inputs];
        for (index, gradient) in gradient.iter().enumerate() {
            let (n, o) = (index / outputs, index % outputs);
            axpy(*gradient, &weight[o * inputs..][..inputs], &mut result[n * inputs..][..inputs]);
        }
        result
    });
    let of_weight = Sums::new(gradient, x, precision, |gradient, x| {
        let mut result = vec![0.0; outputs * inputs];
        for (index, gradient) in gradient.iter().enumerate() {
            let (n, o) = (index / outputs, index % outputs);
            axpy(*gradient, &x[n * inputs..][..inputs], &mut result[o * inputs..][..inputs]);
        }
        result
    });
    let ones = Tensor::exact(&[batch], vec![1.0; batch]);
    let of_bias = Sums::new(gradient, &ones, precision, |gradient, ones| {
        let mut result = vec![0.0; outputs];
        for (gradient, one) in gradient.chunks_exact(outputs).zip(ones) {
            axpy(*one, gradient, &mut result);
        }
        result
    });
    LinearGradients {
        x: of_x.finish(&x.shape, precision),
        weight: of_weight.finish(&weight.shape, precision),
        bias: of_bias.finish(&[outputs], precision),
    }
}

/// Batch size, inputs and outputs.
fn sizes(x: &Tensor, weight: &Tensor) -> [usize; 3] {
    let ([batch, inputs], [outputs, columns]) = (&x.shape[..], &weight.shape[..]) else {
        panic!("linear layer on shape {:?} with weight {:?}", x.shape, weight.shape)
    };
    assert!(inputs == columns && *inputs > 0 && *outputs > 0);
    [*batch, *inputs, *outputs]
}
