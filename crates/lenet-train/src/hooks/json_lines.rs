//! [`JsonLines`]: the numbers of a run in a file, for programs to read.

use std::path::Path;

use lenet_report::run::Record;

use super::log_file::LogFile;
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// Appends a [`Record`] to a file, one JSON object a line, every so many steps and after each epoch. A fit that goes
/// on from a checkpoint first cuts off the lines after it.
pub struct JsonLines {
    file: LogFile,
    every: u64,
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
            samples_per_second: epoch.samples as f64 / seconds,
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
