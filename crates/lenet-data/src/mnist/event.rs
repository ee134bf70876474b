//! [`FetchEvent`]: the progress of a fetch.

use std::path::Path;

/// An event while files are fetched, for a progress bar or a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// Another process is fetching into this folder; this one waits until it ends.
    Waiting,
    /// A file of the cache has another checksum than the published one and will be fetched again.
    Corrupt {
        /// The file.
        path: &'a Path,
        /// The SHA-256 of the file, in hexadecimal.
        sha256: &'a str,
    },
    /// A mirror starts to send a file.
    Started {
        /// The address.
        url: &'a str,
        /// Number of bytes that an earlier attempt left.
        resumed_at: u64,
        /// Size of the whole file in bytes, if the mirror says.
        total: Option<u64>,
    },
    /// More bytes of that file arrived.
    Progress {
        /// Number of bytes received, including those of an earlier attempt.
        bytes: u64,
        /// Size of the whole file in bytes, if the mirror says.
        total: Option<u64>,
    },
    /// A mirror failed; the next one is tried.
    Rejected {
        /// The address.
        url: &'a str,
        /// The reason.
        reason: &'a str,
    },
    /// A verified file is in the cache.
    Stored {
        /// The file.
        path: &'a Path,
    },
}
