//! The losses of a classifier.

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use std::sync::Arc;

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::{Int, Tensor};

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use super::{class_loss::ClassLoss, dispatch};
use crate::stock::stock;

/// Cross-entropy, `[1]`: the mean over the batch of −Σⱼ tⱼ·log softmax(logits)ⱼ, as PyTorch's
/// `cross_entropy`.
///
/// - `logits`: `[batch, classes]`
/// - `labels`: `[batch]`, the class of each sample
/// - `smoothing`: label smoothing, from 0 to 1: the share of the target t that is spread evenly over all
///   classes
/// - `class_weights`: `[classes]`; the weight of each class's term; the mean weighs a sample by the class of
///   its label
///
/// On a CPU backend and on wgpu the loss is NaN if a label is not a class; on a CPU, as in PyTorch, also if the batch is empty,
/// with class weights and without. Burn's operations on other devices may panic or read another number.
///
/// # Panics
/// If the shapes do not fit each other, as Burn's loss does.
pub fn cross_entropy(
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    smoothing: f32,
    class_weights: Option<&[f32]>,
) -> Tensor<1> {
    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    {
        let loss = ClassLoss::CrossEntropy { smoothing, weights: class_weights.map(Arc::from) };
        if dispatch::supports_class_loss(&logits, &labels, &loss) {
            return dispatch::class_loss(logits, labels, loss);
        }
    }
    stock(|| {
        CrossEntropyLossConfig::new()
            .with_smoothing((smoothing != 0.0).then_some(smoothing))
            .with_weights(class_weights.map(<[f32]>::to_vec))
            .init(&logits.device())
            .forward(logits, labels)
    })
}

/// Squared error, `[1]`: the mean over all elements of (logits − one-hot(label))², as PyTorch's `mse_loss` of
/// such targets.
///
/// - `logits`: `[batch, classes]`
/// - `labels`: `[batch]`, the class of each sample
///
/// On a CPU backend and on wgpu the loss is NaN if a label is not a class; on a CPU also if the batch is empty.
pub fn mse_of_labels(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    if dispatch::supports_class_loss(&logits, &labels, &ClassLoss::SquaredError) {
        return dispatch::class_loss(logits, labels, ClassLoss::SquaredError);
    }
    stock(|| {
        let targets = one_hot(labels, &logits);
        MseLoss::new().forward(logits, targets, Reduction::Mean)
    })
}

/// `[batch]` to `[batch, classes]`: 1 at the label, 0 elsewhere. (Burn's `one_hot` reads the labels first,
/// and so waits for the device.)
fn one_hot(labels: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<2> {
    let [batch, classes] = like.dims();
    let columns = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
    let columns = columns.unsqueeze::<2>().expand([batch, classes]);
    columns.equal(labels.unsqueeze_dim::<2>(1).expand([batch, classes])).float()
}
