//! Losses of a classifier.

use burn::nn::loss::{MseLoss, Reduction};
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{BatchEvaluation, Error};

/// A loss of a classifier, computed from logits and labels. A new loss is a breaking change, as a new
/// [`OptimizerKind`](crate::OptimizerKind) is.
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

    /// The loss of `logits` without autodiff, and its gradient with respect to them, `[batch, classes]`.
    pub fn forward_with_gradient(self, logits: Tensor<2>, labels: Tensor<1, Int>) -> (Tensor<1>, Tensor<2>) {
        match self {
            Self::CrossEntropy => CrossEntropy::new().forward_with_gradient(logits, labels),
            Self::Mse => lenet_backend::ops::mse_of_labels_with_gradient(logits, labels),
        }
    }

    /// Loss and number of correct predictions of one batch, for [`evaluate`](crate::evaluate()).
    pub fn evaluate(self, logits: Tensor<2>, labels: Tensor<1, Int>) -> BatchEvaluation {
        let correct = logits.clone().argmax(1).squeeze_dim::<1>(1).equal(labels.clone()).int().sum();
        BatchEvaluation::new(self.forward(logits, labels)).with_correct(correct)
    }
}

/// Mean over all elements of (output − target)², `[1]`, as PyTorch's `mse_loss`.
pub fn mse<const D: usize>(output: Tensor<D>, target: Tensor<D>) -> Tensor<1> {
    MseLoss::new().forward(output, target, Reduction::Mean)
}

/// Cross-entropy with the options of PyTorch's `cross_entropy` for class labels.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_train::CrossEntropy;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let logits = Tensor::<2>::from_floats([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], &device);
/// let labels = Tensor::from_ints([0, 2], &device);
/// let loss = CrossEntropy::new().smoothing(0.1)?.class_weights([1.0, 1.0, 2.0]).forward(logits, labels);
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

    /// Label smoothing: moves this share of each target, in 0..=1, from its label to all classes equally.
    ///
    /// # Errors
    /// [`Error::Value`] if `share` is outside 0..=1 or NaN.
    pub fn smoothing(self, share: f32) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::value("CrossEntropy::smoothing", share, "a number from 0 to 1"));
        }
        Ok(Self { smoothing: share, ..self })
    }

    /// Weights the mean: each sample counts with the weight of its class.
    pub fn class_weights(self, weights: impl Into<Vec<f32>>) -> Self {
        Self { class_weights: Some(weights.into()), ..self }
    }

    /// The loss `[1]` of `logits` `[batch, classes]` for `labels` `[batch]`.
    pub fn forward(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        lenet_backend::ops::cross_entropy(logits, labels, self.smoothing, self.class_weights.as_deref())
    }

    /// The loss of `logits` without autodiff, and its gradient with respect to them, `[batch, classes]`.
    pub fn forward_with_gradient(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> (Tensor<1>, Tensor<2>) {
        let weights = self.class_weights.as_deref();
        lenet_backend::ops::cross_entropy_with_gradient(logits, labels, self.smoothing, weights)
    }
}
