//! The losses of a classifier.

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
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
            Self::CrossEntropy => {
                CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels)
            }
            Self::Mse => {
                let targets = one_hot(labels, &logits);
                MseLoss::new().forward(logits, targets, Reduction::Mean)
            }
        }
    }
}

/// `[batch]` to `[batch, classes]`: 1 at the label, 0 elsewhere. (Burn's own looks at the labels first, which
/// waits for the device.)
fn one_hot(labels: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<2> {
    let [batch, classes] = like.dims();
    let columns = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
    let columns = columns.unsqueeze::<2>().expand([batch, classes]);
    columns.equal(labels.unsqueeze_dim::<2>(1).expand([batch, classes])).float()
}
