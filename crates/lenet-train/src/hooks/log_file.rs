//! [`LogFile`]: a file that grows with a run and can be set back to a checkpoint.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// A file that is only ever appended to, but for [`restore`](Self::restore).
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    pub(super) fn append(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes `bytes` in one piece, so that a killed run leaves whole lines.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        (&self.file).write_all(bytes).map_err(|source| self.error(source))
    }

    pub(super) fn len(&self) -> Result<u64, Error> {
        Ok(self.file.metadata().map_err(|source| self.error(source))?.len())
    }

    /// The length, for a checkpoint. The file is flushed first, so that no checkpoint knows more than it.
    pub(super) fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        self.file.sync_data().map_err(|source| self.error(source))?;
        Ok(Some(self.len()?.to_le_bytes().to_vec()))
    }

    /// Cuts off what was written after the checkpoint: the training will write it again.
    pub(super) fn restore(&self, hook: &str, state: &[u8]) -> Result<(), Error> {
        let failed = |reason: String| Error::HookState { hook: hook.to_owned(), reason };
        let length = state.try_into().map(u64::from_le_bytes);
        let length = length.map_err(|_| failed("its state is not a length".into()))?;
        let found = self.len()?;
        if found < length {
            let path = self.path.display();
            return Err(failed(format!("{path} has {found} bytes, the checkpoint knows of {length}")));
        }
        self.file.set_len(length).map_err(|source| self.error(source))
    }

    pub(super) fn error(&self, source: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), source }
    }
}
