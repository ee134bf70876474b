//! [`Budget`]: an upper bound on the memory of all threads that decode images at the same time.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes of image files in memory, in the whole process.
pub(super) static FILES: Budget = Budget::new(256 << 20);
/// Bytes of decoded images in memory, in the whole process.
pub(super) static IMAGES: Budget = Budget::new(1 << 30);

/// A number of bytes that threads share. A thread that needs more than is free waits until other threads
/// return theirs.
///
/// A thread that holds bytes of [`IMAGES`] takes no bytes of [`FILES`], so threads cannot wait for each other
/// in a circle.
pub(super) struct Budget {
    capacity: u64,
    used: Mutex<u64>,
    returned: Condvar,
}

impl Budget {
    const fn new(capacity: u64) -> Self {
        Self { capacity, used: Mutex::new(0), returned: Condvar::new() }
    }

    /// Takes `bytes`, or the whole budget if they exceed it, until the result is dropped.
    pub(super) fn take(&'static self, bytes: u64) -> Share {
        let bytes = bytes.min(self.capacity);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |used: &mut u64| *used + bytes > self.capacity;
        let mut used = self.returned.wait_while(used, is_full).unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Share { budget: self, bytes }
    }
}

/// Bytes taken from a [`Budget`]. Returned when it is dropped, also by a panic.
#[must_use = "the bytes are returned when it is dropped"]
pub(super) struct Share {
    budget: &'static Budget,
    bytes: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.budget.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use super::*;

    #[test]
    fn threads_never_hold_more_than_the_budget_together() {
        static BUDGET: Budget = Budget::new(10);
        static HELD: AtomicU64 = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = 1 + (thread + round) % 6;
                        let share = BUDGET.take(bytes);
                        assert!(HELD.fetch_add(bytes, SeqCst) + bytes <= 10);
                        HELD.fetch_sub(bytes, SeqCst);
                        drop(share);
                    }
                });
            }
        });
        assert_eq!(*BUDGET.used.lock().unwrap(), 0);
    }

    #[test]
    fn a_share_larger_than_the_budget_is_all_of_it() {
        static BUDGET: Budget = Budget::new(10);
        drop(BUDGET.take(u64::MAX));
        drop(BUDGET.take(10));
        assert_eq!(*BUDGET.used.lock().unwrap(), 0);
    }

    #[test]
    fn a_panic_returns_its_share() {
        static BUDGET: Budget = Budget::new(10);
        let panicked = std::panic::catch_unwind(|| {
            let _share = BUDGET.take(10);
            std::panic::resume_unwind(Box::new("a panic that prints nothing"));
        });
        assert!(panicked.is_err());
        drop(BUDGET.take(10));
    }
}
