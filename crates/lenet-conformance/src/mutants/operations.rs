//! Bugs in the forward pass of operations.

use burn::tensor::activation::relu;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Int, Tensor};
use lenet_train::Loss;

use super::mutation::Mutation;
use crate::{Operations, Rung};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "conv-padding-off-by-one",
        what: "the convolution reads one column beside",
        rung: Rung::OpsForward,
        apply: |operations| operations.conv2d = |x, w, b| (stock().conv2d)(x.roll_dim(1, 3), w, b),
    },
    Mutation {
        name: "conv-kernel-flipped",
        what: "a true convolution instead of a cross-correlation",
        rung: Rung::OpsForward,
        apply: |operations| operations.conv2d = |x, w, b| (stock().conv2d)(x, w.flip([2, 3]), b),
    },
    Mutation {
        name: "conv-channels-swapped",
        what: "the input channels are read in reverse",
        rung: Rung::OpsForward,
        apply: |operations| operations.conv2d = |x, w, b| (stock().conv2d)(x, w.flip([1]), b),
    },
    Mutation {
        name: "conv-weights-bf16",
        what: "the weights are rounded to the 8 bits of bf16",
        rung: Rung::OpsForward,
        apply: |operations| operations.conv2d = |x, w, b| (stock().conv2d)(x, keep_bits(w, 8), b),
    },
    Mutation {
        name: "conv-last-image-dropped",
        what: "the last image of an odd batch is not computed",
        rung: Rung::OpsForward,
        apply: |operations| {
            operations.conv_relu_pool = |x, w, b| {
                let y = (stock().conv_relu_pool)(x, w, b);
                let [batch, filters, height, width] = y.dims();
                let last = [batch - 1..batch, 0..filters, 0..height, 0..width];
                if batch % 2 == 0 { y } else { y.slice_fill(last, 0.0) }
            }
        },
    },
    Mutation {
        name: "relu-leaks",
        what: "a thousandth of what is below zero passes",
        rung: Rung::OpsForward,
        apply: |operations| operations.relu = |x| relu(x.clone()) - relu(x.neg()).mul_scalar(1e-3),
    },
    Mutation {
        name: "pool-averages",
        what: "the mean of a window instead of its maximum",
        rung: Rung::OpsForward,
        apply: |operations| operations.max_pool = |x| avg_pool2d(x, AvgPoolOptions::new([2, 2])),
    },
    Mutation {
        name: "linear-weight-transposed",
        what: "the weight is read in the other order",
        rung: Rung::OpsForward,
        apply: |operations| {
            operations.linear = |x, w, b| {
                let [inputs, outputs] = w.dims();
                (stock().linear)(x, w.reshape([outputs, inputs]).transpose(), b)
            }
        },
    },
    Mutation {
        name: "linear-element-unwritten",
        what: "the last number of the output is not written",
        rung: Rung::OpsForward,
        apply: |operations| {
            operations.linear = |x, w, b| {
                let y = (stock().linear)(x, w, b);
                let [rows, columns] = y.dims();
                y.slice_fill([rows - 1..rows, columns - 1..columns], 0.0)
            }
        },
    },
    Mutation {
        name: "linear-inputs-tf32",
        what: "inputs are rounded to the 11 bits of TF32",
        rung: Rung::OpsForward,
        apply: |operations| {
            operations.linear_relu = |x, w, b| (stock().linear_relu)(keep_bits(x, 11), keep_bits(w, 11), b)
        },
    },
    Mutation {
        name: "linear-bias-forgotten",
        what: "the bias is not added",
        rung: Rung::OpsForward,
        apply: |operations| operations.linear = |x, w, b| (stock().linear)(x, w, b.zeros_like()),
    },
    Mutation {
        name: "log-softmax-unshifted",
        what: "the largest number is not subtracted before the exponential",
        rung: Rung::OpsForward,
        apply: |operations| {
            operations.log_softmax = |x| {
                let sum = x.clone().exp().sum_dim(1);
                x - sum.log()
            }
        },
    },
    Mutation {
        name: "mse-mean-over-batch",
        what: "the squares are summed over the classes and averaged over the batch",
        rung: Rung::OpsForward,
        apply: |operations| operations.loss = mse_mean_over_batch,
    },
    Mutation {
        name: "cross-entropy-label-off-by-one",
        what: "labels are counted from 1",
        rung: Rung::OpsForward,
        apply: |operations| operations.loss = labels_from_one,
    },
];

/// Burn's own operations, which the mutations modify.
pub(super) fn stock() -> Operations {
    Operations::stock()
}

fn mse_mean_over_batch(loss: Loss, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let mean = (stock().loss)(loss, logits, labels);
    if loss == Loss::Mse { mean.mul_scalar(classes as f64) } else { mean }
}

fn labels_from_one(loss: Loss, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let labels =
        if loss == Loss::CrossEntropy { (labels + 1).remainder_scalar(classes as i64) } else { labels };
    (stock().loss)(loss, logits, labels)
}

/// Rounds f32 values to `bits` bits of significand by T. J. Dekker's splitting ("A floating-point technique
/// for extending the available precision", 1971). The gradient passes unchanged.
pub(super) fn keep_bits<const D: usize>(x: Tensor<D>, bits: i32) -> Tensor<D> {
    let value = x.clone().detach();
    let scaled = value.clone().mul_scalar(2f64.powi(24 - bits) + 1.0);
    let rounded = scaled.clone() - (scaled - value.clone());
    x + (rounded - value)
}
