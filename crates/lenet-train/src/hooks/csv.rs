//! [`Csv`]: a row for each epoch, for a spreadsheet.

use std::path::Path;

use super::log_file::LogFile;
use crate::{AfterEpoch, Error, Flow, Hook};

const COLUMNS: &str = "epoch,step,train_loss,valid_loss,valid_accuracy,samples,seconds\n";

/// Appends a row for each epoch to a file of comma-separated values. What there is not is left empty. A fit that goes
/// on from a checkpoint first cuts off the rows after it.
pub struct Csv {
    file: LogFile,
}

impl Csv {
    /// Appends to the file at `path`, which is created, with a row of names, if need be.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened or written.
    pub fn append(path: &Path) -> Result<Self, Error> {
        let file = LogFile::append(path)?;
        if file.len()? == 0 {
            file.write(COLUMNS.as_bytes())?;
        }
        Ok(Self { file })
    }
}

impl<M> Hook<M> for Csv {
    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let AfterEpoch { epoch: number, step, train_loss, samples, .. } = epoch;
        let [loss, accuracy] = match &epoch.valid {
            Some(valid) => [valid.loss.to_string(), valid.accuracy.to_string()],
            None => [String::new(), String::new()],
        };
        let seconds = epoch.time.as_secs_f64();
        let row = format!("{number},{step},{train_loss},{loss},{accuracy},{samples},{seconds}\n");
        self.file.write(row.as_bytes())?;
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.file.restore("Csv", state)
    }
}
