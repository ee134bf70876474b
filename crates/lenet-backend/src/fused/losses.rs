//! The losses of a classifier.

#[cfg(any(feature = "flex", feature = "ndarray"))]
use std::sync::Arc;

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::{Int, Tensor};

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::{cpu, loss::ClassLoss};

/// The mean over the batch of −Σⱼ tⱼ·log softmax(logits)ⱼ, `[1]`, as PyTorch's `cross_entropy`.
///
/// - `logits`: `[batch, classes]`
/// - `labels`: `[batch]`, the class of each sample
/// - `smoothing`: the share, from 0 to 1, that is taken from the target t of a sample's label and given to all classes
///   alike
/// - `class_weights`: `[classes]`; the terms of a class count as much, and the mean counts a sample as its label
///
/// On a CPU backend a label that is no class makes the loss NaN; Burn's operations may panic or read another number.
///
/// # Panics
/// If a shape is another one, as Burn's loss does.
pub fn cross_entropy(
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    smoothing: f32,
    class_weights: Option<&[f32]>,
) -> Tensor<1> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    {
        let loss = ClassLoss::CrossEntropy { smoothing, weights: class_weights.map(Arc::from) };
        if cpu::knows_class_loss(&logits, &labels, &loss) {
            return cpu::class_loss(logits, labels, loss);
        }
    }
    CrossEntropyLossConfig::new()
        .with_smoothing((smoothing != 0.0).then_some(smoothing))
        .with_weights(class_weights.map(<[f32]>::to_vec))
        .init(&logits.device())
        .forward(logits, labels)
}

/// The mean over all elements of (logits − one-hot(label))², `[1]`, as PyTorch's `mse_loss` of such targets.
///
/// - `logits`: `[batch, classes]`
/// - `labels`: `[batch]`, the class of each sample
///
/// On a CPU backend a label that is no class makes the loss NaN.
pub fn mse_of_labels(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if cpu::knows_class_loss(&logits, &labels, &ClassLoss::SquaredError) {
        return cpu::class_loss(logits, labels, ClassLoss::SquaredError);
    }
    let targets = one_hot(labels, &logits);
    MseLoss::new().forward(logits, targets, Reduction::Mean)
}

/// `[batch]` to `[batch, classes]`: 1 at the label, 0 elsewhere. (Burn's own looks at the labels first, which
/// waits for the device.)
fn one_hot(labels: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<2> {
    let [batch, classes] = like.dims();
    let columns = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
    let columns = columns.unsqueeze::<2>().expand([batch, classes]);
    columns.equal(labels.unsqueeze_dim::<2>(1).expand([batch, classes])).float()
}
