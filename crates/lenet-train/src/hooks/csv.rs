//! [`Csv`]: a table of the epochs, for a spreadsheet.

use std::path::Path;

use super::log_file::LogFile;
use crate::{AfterEpoch, Error, Flow, Hook};

const COLUMNS: &str = "epoch,step,train_loss,valid_loss,valid_accuracy,samples,seconds\n";

/// Appends a row for each epoch to a file of comma-separated values. A value that does not exist, such as the
/// accuracy of a regression, is left empty. A fit that resumes from a checkpoint first cuts off the rows
/// written after it.
#[derive(Debug)]
pub struct Csv {
    file: LogFile,
}

impl Csv {
    /// Appends to the file at `path`. A new file begins with a row of column names.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be opened or written, [`Error::File`] if it is not a regular file.
    pub fn append(path: &Path) -> Result<Self, Error> {
        let file = LogFile::append(path)?;
        if file.len()? == 0 {
            file.write(COLUMNS.as_bytes())?;
        }
        Ok(Self { file })
    }
}

impl<M, B> Hook<M, B> for Csv {
    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let AfterEpoch { epoch: number, step, train_loss, samples, .. } = epoch;
        let [loss, accuracy] = match &epoch.valid {
            Some(valid) => [Some(valid.loss), valid.accuracy],
            None => [None, None],
        };
        let [loss, accuracy] =
            [loss, accuracy].map(|value| value.map_or(String::new(), |value| value.to_string()));
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
