//! [`Door`]: through which helpers enter a loop and leave it.

use std::sync::atomic::Ordering::SeqCst;

use crate::sync::{AtomicU64, spin_loop, store_before_load, thread};

/// Set while helpers may enter; below it is the number of helpers inside.
const OPEN: u64 = 1 << 16;
/// One loop in the upper bits.
const LOOP: u64 = 1 << 17;

/// The number of the loop, whether helpers may enter it, and how many are inside: one atomic number, so that
/// a helper enters the loop that it has seen or none.
pub(super) struct Door(AtomicU64);

impl Door {
    /// A closed one, with nobody inside.
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Opens the door for the next loop. Only for the caller of the loop.
    pub fn open(&self) {
        self.0.fetch_add(LOOP + OPEN, SeqCst);
        store_before_load();
    }

    /// Closes the door and waits until nobody is inside. Only for the caller of the loop.
    pub fn close(&self) {
        let mut inside = self.0.fetch_sub(OPEN, SeqCst) % OPEN;
        for turn in 0_u64.. {
            if inside == 0 {
                return;
            }
            // On a busy machine the helper may have lost its core: yield ours to it.
            if turn < 1_000 && cfg!(not(loom)) {
                spin_loop()
            } else {
                thread::yield_now()
            }
            inside = self.0.load(SeqCst) % OPEN;
        }
    }

    /// The number of the open loop, if it is another one than `last`.
    pub fn next_loop(&self, last: u64) -> Option<u64> {
        let door = self.0.load(SeqCst);
        (door & OPEN != 0 && door / LOOP != last).then_some(door / LOOP)
    }

    /// Enters loop `number`, if it is still open.
    #[must_use]
    pub fn enter(&self, number: u64) -> bool {
        let inside = |door| (door & OPEN != 0 && door / LOOP == number).then_some(door + 1);
        self.0.fetch_update(SeqCst, SeqCst, inside).is_ok()
    }

    /// Leaves the loop that this thread has entered.
    pub fn leave(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    /// Whether the door is closed and nobody is inside.
    #[cfg(all(test, loom))]
    pub fn is_shut(&self) -> bool {
        self.0.load(SeqCst) % LOOP == 0
    }
}
