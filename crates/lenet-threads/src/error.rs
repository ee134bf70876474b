//! The errors of this crate.

use crate::count::MAX_THREADS;

/// A number of threads that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number is 0 or above [`MAX_THREADS`].
    #[error("cannot use {requested} threads: expected a number from 1 to {MAX_THREADS}")]
    ThreadCount {
        /// The number asked for.
        requested: usize,
    },
}
