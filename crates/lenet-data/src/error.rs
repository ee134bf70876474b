//! What can go wrong between a file (or a mirror) and a batch.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. Every message names the file, what was expected and what was found.
///
/// A message contains its cause, so [`source`](std::error::Error::source) does not return the cause a second
/// time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        reason: io::Error,
    },
    /// The content of a file contradicts its format, its header or the file that belongs to it.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The expected content.
        expected: String,
        /// The content found.
        found: String,
    },
    /// Files that are not in the folder where they were looked for.
    #[error("{}: no {}{}; fetch them or name a folder that has them", folder.display(), files.join(", no "), looked(also))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The missing files, each with its alternative name.
        files: Vec<String>,
        /// Where else they were looked for.
        also: &'static [&'static str],
    },
    /// The checksum of a file differs from the published one.
    #[error("{}: expected SHA-256 {expected}, found {found}; delete it or fetch it again", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The published SHA-256, in hexadecimal.
        expected: String,
        /// The SHA-256 of the file, in hexadecimal.
        found: String,
    },
    /// No mirror delivered a file.
    #[error("no mirror gave {file}; try again, or name a folder that has it{}", list(attempts))]
    Fetch {
        /// The name of the file.
        file: String,
        /// For each attempt, the address and the reason why it failed.
        attempts: Vec<(String, String)>,
    },
    /// A sample of a data set could not be read.
    #[error("sample {index}: {reason}")]
    Sample {
        /// The index of the sample.
        index: usize,
        /// The data set's reason.
        reason: String,
    },
    /// The requested batch size is 0.
    #[error("a batch size of 0: expected 1 or more")]
    BatchSize,
    /// A rank that a training on several machines does not have.
    #[error("rank {rank} of {ranks}: expected a rank from 0 to below the number of ranks")]
    Rank {
        /// The rank.
        rank: usize,
        /// The number of ranks.
        ranks: usize,
    },
    /// A limit of a [`Distortion`](crate::Distortion) is out of its range.
    #[error("a {limit} of {found}: expected 0 to {most}")]
    Distortion {
        /// The name of the limit.
        limit: &'static str,
        /// Its value.
        found: f64,
        /// Its largest value.
        most: f64,
    },
    /// [`Samples::gather`](crate::Samples::gather) panicked on a prefetch thread.
    #[error("a prefetch thread panicked while it built a batch")]
    PrefetchPanicked,
    /// Pixels and labels that do not form a set of images.
    #[error("not a set of digits: {0}")]
    Shape(String),
}

impl Error {
    /// An [`Error::Io`] about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>, reason: io::Error) -> Self {
        Self::Io { path: path.into(), reason }
    }

    /// An [`Error::Malformed`] about `path`.
    pub(crate) fn malformed(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), expected: expected.into(), found: found.into() }
    }

    /// An error of lenet-files about `path`, which the message names only once.
    pub(crate) fn file(path: &Path, error: lenet_files::Error) -> Self {
        match error {
            lenet_files::Error::Io { reason, .. } => Self::io(path, reason),
            lenet_files::Error::NotAFile { found, .. } => {
                Self::io(path, io::Error::other(format!("expected a regular file, found {found}")))
            }
            lenet_files::Error::TooLarge { found, limit, .. } => {
                Self::malformed(path, format!("at most {limit} bytes"), format!("{found} bytes"))
            }
            other => Self::io(path, io::Error::other(other.to_string())),
        }
    }
}

/// The other places of an [`Error::Missing`].
fn looked(also: &[&str]) -> String {
    if also.is_empty() { String::new() } else { format!(" (looked also {})", also.join(", ")) }
}

/// One line for each address and its reason.
fn list(attempts: &[(String, String)]) -> String {
    attempts.iter().map(|(url, reason)| format!("\n  {url}: {reason}")).collect()
}
