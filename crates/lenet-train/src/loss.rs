//! The losses of a classifier.

use burn::nn::loss::{MseLoss, Reduction};
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

/// How far the scores of a classifier are from the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Loss {
    /// Mean over the batch of −log softmax(logits) at the label, as PyTorch's `cross_entropy`.
    CrossEntropy,
    /// Mean over all elements of (logits − one-hot(label))², as PyTorch's `mse_loss` in the tutorial.
    Mse,
}

impl Loss {
    /// The loss `[1]` of `logits` `[batch, classes]` for `labels` `[batch]`.
    pub fn forward(self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        match self {
            Self::CrossEntropy => CrossEntropy::new().forward(logits, labels),
            Self::Mse => lenet_backend::ops::mse_of_labels(logits, labels),
        }
    }
}

/// Mean over all elements of (output − target)², `[1]`, as PyTorch's `mse_loss`.
pub fn mse<const D: usize>(output: Tensor<D>, target: Tensor<D>) -> Tensor<1> {
    MseLoss::new().forward(output, target, Reduction::Mean)
}

/// Cross-entropy with all that PyTorch's `cross_entropy` offers for labels.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_train::CrossEntropy;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let logits = Tensor::<2>::from_floats([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], &device);
/// let labels = Tensor::from_ints([0, 2], &device);
/// let loss = CrossEntropy::new().smoothing(0.1).class_weights([1.0, 1.0, 2.0]).forward(logits, labels);
/// assert_eq!(loss.dims(), [1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    smoothing: f32,
    class_weights: Option<Vec<f32>>,
}

impl CrossEntropy {
    /// Mean over the batch of −log softmax(logits) at the label.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes this share, from 0 up to 1, of each target from its label and gives it to all classes alike.
    pub fn smoothing(self, share: f32) -> Self {
        Self { smoothing: share, ..self }
    }

    /// Makes the mean a weighted one: each sample counts as its class.
    pub fn class_weights(self, weights: impl Into<Vec<f32>>) -> Self {
        Self { class_weights: Some(weights.into()), ..self }
    }

    /// The loss `[1]` of `logits` `[batch, classes]` for `labels` `[batch]`.
    pub fn forward(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        lenet_backend::ops::cross_entropy(logits, labels, self.smoothing, self.class_weights.as_deref())
    }
}
