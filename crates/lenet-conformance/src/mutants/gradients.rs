//! Bugs in the backward pass of operations whose forward pass is correct.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Int, Tensor};
use lenet_train::Loss;

use super::mutation::Mutation;
use super::operations::stock;
use crate::Rung;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "conv-bias-gradient-dropped",
        what: "the bias of a convolution gets a gradient of zero",
        rung: Rung::OpsBackward,
        apply: |operations| operations.conv2d = |x, w, b| (stock().conv2d)(x, w, scale_gradient(b, 0.0)),
    },
    Mutation {
        name: "conv-input-gradient-unflipped",
        what: "the gradient of the input is correlated with the kernel instead of convolved",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.conv2d = |x, w, b| {
                let y = (stock().conv2d)(x.clone().detach(), w.clone(), b.clone());
                let wrong = (stock().conv2d)(x, w.detach().flip([2, 3]), b.zeros_like());
                y + gradient_only(wrong)
            }
        },
    },
    Mutation {
        name: "conv-weight-gradient-element-unwritten",
        what: "the last number of the weight's gradient is not written",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.conv_relu_pool = |x, w, b| {
                let [filters, channels, rows, columns] = w.dims();
                let last =
                    [filters - 1..filters, channels - 1..channels, rows - 1..rows, columns - 1..columns];
                let mask = w.ones_like().detach().slice_fill(last, 0.0);
                let w = w.clone().detach() + gradient_only(w) * mask;
                (stock().conv_relu_pool)(x, w, b)
            }
        },
    },
    Mutation {
        name: "pool-tie-last",
        what: "of equal numbers in a window the last one gets the gradient",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.max_pool = |x| {
                let [_, _, height, width] = x.dims();
                // With odd sizes, flipping would also shift the windows.
                let is_even = height % 2 == 0 && width % 2 == 0;
                if is_even { (stock().max_pool)(x.flip([2, 3])).flip([2, 3]) } else { (stock().max_pool)(x) }
            }
        },
    },
    Mutation {
        name: "relu-gradient-at-zero",
        what: "the gradient passes at zero",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.relu = |x| {
                let elsewhere = x.clone().detach().not_equal_elem(0.0);
                relu(x.clone()) + gradient_only(x.mask_fill(elsewhere, 0.0))
            }
        },
    },
    Mutation {
        name: "linear-bias-gradient-averaged",
        what: "the gradient of the bias is averaged over the batch instead of summed",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.linear = |x, w, b| {
                let [batch, _] = x.dims();
                (stock().linear)(x, w, scale_gradient(b, 1.0 / batch as f64))
            }
        },
    },
    Mutation {
        name: "linear-relu-gradient-unmasked",
        what: "the gradient passes a ReLU that is off",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.linear_relu = |x, w, b| {
                let y = (stock().linear)(x, w, b);
                relu(y.clone().detach()) + gradient_only(y)
            }
        },
    },
    Mutation {
        name: "log-softmax-gradient-without-sum",
        what: "softmax times the sum of the gradient is not subtracted",
        rung: Rung::OpsBackward,
        apply: |operations| {
            operations.log_softmax = |x| log_softmax(x.clone().detach(), 1) + gradient_only(x)
        },
    },
    Mutation {
        name: "loss-gradient-summed",
        what: "the gradient of the loss is summed over the batch, not averaged",
        rung: Rung::OpsBackward,
        apply: |operations| operations.loss = gradient_summed,
    },
    Mutation {
        name: "linear-order-of-sums-changes",
        what: "every other time the sums of the input's gradient are made of two halves",
        rung: Rung::Determinism,
        apply: |operations| operations.linear = linear_split_at_times,
    },
];

fn gradient_summed(loss: Loss, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    scale_gradient((stock().loss)(loss, logits, labels), batch as f64)
}

static SPLIT: AtomicBool = AtomicBool::new(false);

fn linear_split_at_times(x: Tensor<2>, w: Tensor<2>, b: Tensor<1>) -> Tensor<2> {
    if SPLIT.fetch_xor(true, Ordering::Relaxed) {
        return (stock().linear)(x, w, b);
    }
    let ([inputs, outputs], middle) = (w.dims(), w.dims()[1] / 2);
    let half = |columns: Range<usize>| {
        let (w, b) = (w.clone().slice([0..inputs, columns.clone()]), b.clone().slice([columns]));
        (stock().linear)(x.clone(), w, b)
    };
    Tensor::cat(vec![half(0..middle), half(middle..outputs)], 1)
}

/// Zeros that have the gradient of `x` wherever `x` is finite.
pub(super) fn gradient_only<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let not_finite = x.clone().detach().is_finite().bool_not();
    let x = x.mask_fill(not_finite, 0.0);
    x.clone() - x.detach()
}

/// Returns `x`, with its gradient multiplied by `factor`.
pub(super) fn scale_gradient<const D: usize>(x: Tensor<D>, factor: f64) -> Tensor<D> {
    x.clone().detach() + gradient_only(x).mul_scalar(factor)
}
