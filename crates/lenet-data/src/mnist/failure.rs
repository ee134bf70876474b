//! [`Failure`]: whether another mirror may succeed.

use crate::Error;

/// Why an attempt to get a file from one mirror failed.
pub(super) enum Failure {
    /// A fault of the mirror, with the reason: the next mirror may succeed.
    Mirror(String),
    /// A fault of this machine, such as a full disk: no mirror can succeed.
    Local(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}
