//! [`Timeouts`]: limits on the time that one mirror may take.

use std::time::Duration;

/// Limits on the time that one mirror may take. After that the next mirror is tried, and continues where it
/// stopped.
///
/// ```
/// use std::time::Duration;
///
/// use lenet_data::mnist::Timeouts;
///
/// let patient = Timeouts::default().with_total(Duration::from_secs(3600)); // for a very slow line
/// assert_eq!(patient.stall, Duration::from_secs(15));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Maximum time to resolve the mirror's name, and again to connect to it.
    pub connect: Duration,
    /// Maximum time between two reads.
    pub stall: Duration,
    /// Maximum time for one file, from the request to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 5 seconds to connect, 15 seconds between two reads, 10 minutes for one file (of at most 10 MB, for
    /// MNIST).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(15),
            total: Duration::from_secs(600),
        }
    }
}

impl Timeouts {
    /// The same limits with another [`connect`](Self::connect).
    pub fn with_connect(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }

    /// The same limits with another [`stall`](Self::stall).
    pub fn with_stall(self, stall: Duration) -> Self {
        Self { stall, ..self }
    }

    /// The same limits with another [`total`](Self::total).
    pub fn with_total(self, total: Duration) -> Self {
        Self { total, ..self }
    }
}
