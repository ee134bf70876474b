//! [`JsonLines`]: the numbers of a run in a file, for programs to read.

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

use super::log_file::LogFile;
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// Appends a [`Record`] to a file, one JSON object a line, every so many steps and after each epoch. A fit that goes
/// on from a checkpoint first cuts off the lines after it.
pub struct JsonLines {
    file: LogFile,
    every: u64,
}

/// One line of a metrics file. The field `event` says which: `step`, `epoch` or `end`. A number that is not
/// finite is written as `null`, and read as NaN or, where there need not be one, as `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Record {
    /// A step, after its update.
    Step {
        /// The epoch, from 0.
        epoch: u64,
        /// Steps made so far over all epochs, this one included.
        step: u64,
        /// The loss of the batch, before the update.
        loss: Option<f32>,
        /// The learning rate of this step.
        #[serde(deserialize_with = "nan_for_null")]
        learning_rate: f64,
    },
    /// An epoch, after its validation.
    Epoch {
        /// The epoch, from 0.
        epoch: u64,
        /// Steps made so far over all epochs.
        step: u64,
        /// Mean loss over the samples of the epoch.
        train_loss: Option<f64>,
        /// Loss on the held-out samples, if any are held out.
        valid_loss: Option<f64>,
        /// Accuracy on the held-out samples, 0 to 1.
        valid_accuracy: Option<f64>,
        /// Time spent on training in the epoch, in seconds.
        #[serde(deserialize_with = "nan_for_null")]
        seconds: f64,
        /// Images trained on per second.
        #[serde(deserialize_with = "nan_for_null")]
        images_per_second: f64,
    },
    /// The end of the run.
    End {
        /// Epochs finished.
        epochs: u64,
        /// Steps made over all epochs.
        steps: u64,
        /// `completed`, or the reason that a hook gave.
        reason: String,
        /// Loss on the test set.
        test_loss: Option<f64>,
        /// Accuracy on the test set, 0 to 1.
        test_accuracy: Option<f64>,
        /// Time spent on training, in seconds.
        #[serde(deserialize_with = "nan_for_null")]
        seconds: f64,
        /// Images trained on per second.
        #[serde(deserialize_with = "nan_for_null")]
        images_per_second: f64,
    },
}

fn nan_for_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::deserialize(deserializer).map(|number| number.unwrap_or(f64::NAN))
}

impl JsonLines {
    /// Appends to the file at `path`, which is created if need be, and of the steps to every `every`-th.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened.
    pub fn append(path: &Path, every: u64) -> Result<Self, Error> {
        Ok(Self { file: LogFile::append(path)?, every })
    }

    /// Writes one line, in one piece, so that a killed run leaves whole lines.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        let line = serde_json::to_string(record).map_err(|error| self.file.error(error.into()))?;
        self.file.write((line + "\n").as_bytes())
    }
}

impl<M> Hook<M> for JsonLines {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        // No step is a multiple of 0, for steps count from 1.
        if step.step.is_multiple_of(self.every) {
            self.write(&Record::Step {
                epoch: step.epoch,
                step: step.step,
                loss: Some(step.loss.get()?),
                learning_rate: step.learning_rate,
            })?;
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let seconds = epoch.time.as_secs_f64();
        self.write(&Record::Epoch {
            epoch: epoch.epoch,
            step: epoch.step,
            train_loss: Some(epoch.train_loss),
            valid_loss: epoch.valid.map(|valid| valid.loss),
            valid_accuracy: epoch.valid.map(|valid| valid.accuracy),
            seconds,
            images_per_second: epoch.samples as f64 / seconds,
        })?;
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.file.restore("JsonLines", state)
    }
}
