//! What can go wrong between a file (or a mirror) and a batch.

use std::path::PathBuf;

/// An error of this crate. Every message names the file, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file that is not what its format, its header or its companion says.
    #[error("{}: expected {expected}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Files that are not where they were looked for.
    #[error("{}: no {}; fetch them or name a folder that has them", folder.display(), files.join(", no "))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The absent files, each with the other name it might have had.
        files: Vec<String>,
    },
    /// A file that is not the one that was published.
    #[error("{}: expected SHA-256 {expected}, found {found}; delete it or fetch it again", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The published sum, in hexadecimal.
        expected: String,
        /// The sum of the file.
        found: String,
    },
    /// A file that no mirror gave.
    #[error("no mirror gave {file}; try again, or name a folder that has it{}", list(attempts))]
    Fetch {
        /// The file.
        file: String,
        /// The address of each try, and why it failed.
        attempts: Vec<(String, String)>,
    },
    /// A sample of a Burn data set that could not be read.
    #[error("sample {index}: {reason}")]
    Sample {
        /// Its number.
        index: usize,
        /// What the data set said.
        reason: String,
    },
    /// Batches of no samples.
    #[error("a batch size of 0: expected 1 or more")]
    BatchSize,
    /// The code that builds batches panicked on its own thread.
    #[error("a prefetch thread panicked while it built a batch")]
    PrefetchPanicked,
    /// Pixels and labels that do not make a set of images.
    #[error("not a set of digits: {0}")]
    Shape(String),
}

impl Error {
    /// An [`Error::Io`] about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}

/// A line for each address and its reason.
fn list(attempts: &[(String, String)]) -> String {
    attempts.iter().map(|(url, reason)| format!("\n  {url}: {reason}")).collect()
}
