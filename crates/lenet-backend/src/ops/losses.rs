//! The losses of a classifier.

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use std::sync::Arc;

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::{Int, Tensor};

#[cfg(feature = "flex")]
use super::passes::Passes;
#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use super::{class_loss::ClassLoss, dispatch};
#[cfg(feature = "flex")]
use crate::devices::host::Host;
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

/// [`cross_entropy`] of logits without autodiff, and its gradient with respect to them, `[batch, classes]`.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::ops::cross_entropy_with_gradient;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let (logits, labels) = (Tensor::zeros([1, 2], &device), Tensor::from_ints([0], &device));
/// let (loss, gradient) = cross_entropy_with_gradient(logits, labels, 0.0, None);
/// assert_eq!(loss.into_scalar::<f32>(), 2.0_f32.ln());
/// assert_eq!(gradient.into_data().try_to_vec::<f32>()?, [-0.5, 0.5]); // softmax − one-hot
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// As [`cross_entropy`] does.
pub fn cross_entropy_with_gradient(
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    smoothing: f32,
    class_weights: Option<&[f32]>,
) -> (Tensor<1>, Tensor<2>) {
    #[cfg(feature = "flex")]
    {
        let loss = ClassLoss::CrossEntropy { smoothing, weights: class_weights.map(Arc::from) };
        if let Some(found) = on_flex(&logits, &labels, &loss) {
            return found;
        }
    }
    value_and_gradient(logits, |logits| cross_entropy(logits, labels, smoothing, class_weights))
}

/// [`mse_of_labels`] of logits without autodiff, and its gradient with respect to them, `[batch, classes]`.
pub fn mse_of_labels_with_gradient(logits: Tensor<2>, labels: Tensor<1, Int>) -> (Tensor<1>, Tensor<2>) {
    #[cfg(feature = "flex")]
    if let Some(found) = on_flex(&logits, &labels, &ClassLoss::SquaredError) {
        return found;
    }
    value_and_gradient(logits, |logits| mse_of_labels(logits, labels))
}

/// Loss and gradient by the kernel; `None` if the tensors are not on flex, or the kernel does not support them.
#[cfg(feature = "flex")]
fn on_flex(logits: &Tensor<2>, labels: &Tensor<1, Int>, loss: &ClassLoss) -> Option<(Tensor<1>, Tensor<2>)> {
    use burn::backend::Flex;
    if !dispatch::supports_class_loss(logits, labels, loss) {
        return None;
    }
    let logits = Flex::unpack(logits.clone())?;
    let labels = labels.clone().try_into_primitive::<Flex>().ok()?;
    let (loss, gradient) = <Flex as Passes>::loss(&logits, labels, loss);
    Some((Flex::pack(loss), Flex::pack(gradient)))
}

/// The value `[1]` of `function` at `x`, which is not on autodiff, and the gradient with respect to `x`, by Burn's graph.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::ops::value_and_gradient;
///
/// let x = Tensor::<1>::from_floats([1.0, 2.0], &lenet_backend::open(&"flex".parse()?)?);
/// let (value, gradient) = value_and_gradient(x, |x| x.clone().mul(x).sum());
/// assert_eq!(value.into_scalar::<f32>(), 5.0);
/// assert_eq!(gradient.into_data().try_to_vec::<f32>()?, [2.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the value does not depend on `x`.
#[allow(clippy::expect_used)]
pub fn value_and_gradient<const D: usize>(
    x: Tensor<D>,
    function: impl FnOnce(Tensor<D>) -> Tensor<1>,
) -> (Tensor<1>, Tensor<D>) {
    let x = x.autodiff().require_grad();
    let value = function(x.clone());
    let gradient = x.grad(&value.backward()).expect("x is a leaf that the value depends on");
    (value.inner(), gradient)
}

/// `[batch]` to `[batch, classes]`: 1 at the label, 0 elsewhere. (Burn's `one_hot` reads the labels first,
/// and so waits for the device.)
fn one_hot(labels: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<2> {
    let [batch, classes] = like.dims();
    let columns = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
    let columns = columns.unsqueeze::<2>().expand([batch, classes]);
    columns.equal(labels.unsqueeze_dim::<2>(1).expand([batch, classes])).float()
}
