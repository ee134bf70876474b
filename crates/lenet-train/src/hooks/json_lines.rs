//! [`JsonLines`]: the metrics of a run in a file, for programs to read.

use std::path::Path;

use lenet_report::run::Record;

use super::log_file::LogFile;
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// Appends a [`Record`] to a file, one JSON object per line, every `every` steps and after each epoch. A fit
/// that resumes from a checkpoint first cuts off the lines written after it.
#[derive(Debug)]
pub struct JsonLines {
    file: LogFile,
    every: u64,
}

impl JsonLines {
    /// Appends to the file at `path`, which is created if it does not exist. Records every `every`-th step; 0
    /// records none.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened, [`Error::File`] if it is not a regular file.
    pub fn append(path: &Path, every: u64) -> Result<Self, Error> {
        Ok(Self { file: LogFile::append(path)?, every })
    }

    /// Writes one line with a single write, so that a killed run leaves whole lines.
    ///
    /// # Errors
    /// [`Error::Io`] if the line cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        self.file.write_json(record)
    }
}

impl<M, B> Hook<M, B> for JsonLines {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        // Steps count from 1, so no step is a multiple of 0.
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
            valid_accuracy: epoch.valid.and_then(|valid| valid.accuracy),
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
