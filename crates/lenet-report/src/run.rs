//! The records of a training.

use serde::{Deserialize, Deserializer, Serialize};

/// One line of `metrics.jsonl`. The field `event` names the variant: `step`, `epoch` or `end`. A number that
/// is not finite is written as `null` and read as NaN, or as `None` where the field is optional.
///
/// ```
/// use lenet_report::run::Record;
///
/// let line = r#"{"event":"step","epoch":0,"step":50,"loss":0.7,"learning_rate":0.01}"#;
/// let Record::Step { step, loss, .. } = serde_json::from_str(line)? else { panic!("another event") };
/// assert_eq!((step, loss), (50, Some(0.7)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Record {
    /// A training step, after the optimizer update.
    Step {
        /// The epoch, from 0.
        epoch: u64,
        /// Number of completed steps over all epochs, this one included.
        step: u64,
        /// Loss of the batch, before the update.
        loss: Option<f32>,
        /// Learning rate of this step.
        #[serde(deserialize_with = "nan_for_null")]
        learning_rate: f64,
    },
    /// An epoch, after its validation.
    Epoch {
        /// The epoch, from 0.
        epoch: u64,
        /// Number of completed steps over all epochs.
        step: u64,
        /// Mean training loss over the samples of the epoch.
        train_loss: Option<f64>,
        /// Validation loss, if there are validation samples.
        valid_loss: Option<f64>,
        /// Validation accuracy in 0..=1, if there are validation samples.
        valid_accuracy: Option<f64>,
        /// Training time of the epoch in seconds, validation excluded.
        #[serde(deserialize_with = "nan_for_null")]
        seconds: f64,
        /// Training samples per second.
        #[serde(alias = "images_per_second", deserialize_with = "nan_for_null")]
        samples_per_second: f64,
    },
    /// The end of the run.
    End {
        /// Number of completed epochs.
        epochs: u64,
        /// Number of completed steps over all epochs.
        steps: u64,
        /// `completed`, or the reason given by the hook that ended the training.
        reason: String,
        /// Loss on the test set.
        test_loss: Option<f64>,
        /// Accuracy on the test set, in 0..=1.
        test_accuracy: Option<f64>,
        /// Training time in seconds, validation excluded.
        #[serde(deserialize_with = "nan_for_null")]
        seconds: f64,
        /// Training samples per second.
        #[serde(alias = "images_per_second", deserialize_with = "nan_for_null")]
        samples_per_second: f64,
    },
}

impl Record {
    /// Step and loss of the batch, if this is a step and its loss is finite.
    pub fn batch_loss(&self) -> Option<(u64, f32)> {
        match self {
            Self::Step { step, loss, .. } => Some((*step, (*loss)?)),
            _ => None,
        }
    }
}

/// One line of `layers.jsonl`: norms of the parameters and of their gradients at a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerRecord {
    /// Number of completed steps, this one included.
    pub step: u64,
    /// Names of all parameters, such as `conv1.weight`, frozen ones included.
    pub names: Vec<String>,
    /// Euclidean norm of each parameter before the update.
    pub weights: Vec<Option<f32>>,
    /// Euclidean norm of each gradient, as the optimizer receives it; `None` without a gradient or if the norm is
    /// not finite.
    pub gradients: Vec<Option<f32>>,
}

impl LayerRecord {
    /// The norms of the parameter `name` and of its gradient.
    pub fn norms(&self, name: &str) -> Option<(Option<f32>, Option<f32>)> {
        let index = self.names.iter().position(|other| other == name)?;
        // Older files lack the names of frozen parameters and have their weights: which is whose cannot be told.
        let weight = self.weights.get(index).filter(|_| self.weights.len() == self.names.len());
        Some((weight.copied().flatten(), self.gradients.get(index).copied().flatten()))
    }
}

/// One line of `relus.jsonl`: dead outputs of ReLU layers at the end of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReluRecord {
    /// Number of completed steps.
    pub step: u64,
    /// Names of the layers, such as `C1`.
    pub layers: Vec<String>,
    /// Share of the maps or units of each layer that are 0 for all of `images` images, in 0..=1.
    pub dead: Vec<f64>,
    /// Number of validation images.
    pub images: u64,
}

fn nan_for_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::deserialize(deserializer).map(|number| number.unwrap_or(f64::NAN))
}
