//! Errors of file operations.

use std::io;
use std::path::{Path, PathBuf};

/// A file cannot be read, written or locked. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation.
    #[error("cannot {action} {}: {reason}", path.display())]
    Io {
        /// The operation, as a verb: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason. It is part of the message, so `source()` does not return it again.
        reason: io::Error,
    },
    /// The path leads to a folder, a FIFO, a socket or a device.
    #[error("{} is {found}, expected a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// Kind of the file found there, with its article: `a FIFO`.
        found: &'static str,
    },
    /// The file has more bytes than the caller accepts.
    #[error("{} has {found} bytes, expected at most {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, reason: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), reason }
    }

    /// The operating system's kind of error, for callers that treat a missing file as a normal case.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { reason, .. } => Some(reason.kind()),
            Self::NotAFile { .. } | Self::TooLarge { .. } => None,
        }
    }
}
