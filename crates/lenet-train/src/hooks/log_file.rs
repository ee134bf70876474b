//! [`LogFile`]: a file that grows with a run and is cut back when the run resumes from a checkpoint.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Error;

/// A file that is only appended to, except by [`restore`](Self::restore).
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    pub(super) fn append(path: &Path) -> Result<Self, Error> {
        if path.exists() {
            lenet_files::open(path, u64::MAX)?; // Refuses a FIFO, on which opening for writing waits.
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|reason| Error::Io { path: path.to_owned(), reason })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes `bytes` with a single write, so that a killed run leaves whole lines.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        (&self.file).write_all(bytes).map_err(|reason| self.error(reason))
    }

    /// Writes `record` as a line of JSON.
    pub(super) fn write_json(&self, record: &impl Serialize) -> Result<(), Error> {
        let line = serde_json::to_string(record).map_err(|error| self.error(error.into()))?;
        self.write((line + "\n").as_bytes())
    }

    pub(super) fn len(&self) -> Result<u64, Error> {
        Ok(self.file.metadata().map_err(|reason| self.error(reason))?.len())
    }

    /// Length of the file, for a checkpoint. The file is flushed first: a checkpoint never counts bytes that
    /// are not on the disk.
    pub(super) fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.sync_data().map_err(|reason| self.error(reason))?;
        Ok(Some(self.len()?.to_le_bytes().to_vec()))
    }

    /// Cuts off everything written after the checkpoint; the training writes it again.
    pub(super) fn restore(&self, hook: &str, state: &[u8]) -> Result<(), Error> {
        let failed = |reason: String| Error::HookState { hook: hook.to_owned(), reason };
        let length = state.try_into().map(u64::from_le_bytes);
        let length = length.map_err(|_| failed("its state is not a length".into()))?;
        let found = self.len()?;
        if found < length {
            let path = self.path.display();
            return Err(failed(format!(
                "{path} has {found} bytes, the checkpoint expects at least {length}: restore the file, or train anew in \
                 another folder"
            )));
        }
        self.file.set_len(length).map_err(|reason| self.error(reason))
    }

    fn error(&self, reason: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), reason }
    }
}
