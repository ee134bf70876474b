//! Bugs to plant in the kernels: they show that the conformance tests catch a wrong kernel on every instruction set, and
//! on GPUs.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

#[cfg(any(feature = "flex", feature = "ndarray"))]
pub use crate::kernels::{Bug, plant, was_reached};

/// Bugs in the kernels for GPUs.
#[cfg(feature = "gpu")]
pub mod gpu {
    pub use crate::cube::{Bug, plant, was_reached};
}

/// Which bug is planted in the kernels of this process, as a number above 0, and whether they came to it.
pub(crate) struct Switch {
    planted: AtomicU8,
    reached: AtomicBool,
}

impl Switch {
    pub(crate) const fn new() -> Self {
        Self { planted: AtomicU8::new(0), reached: AtomicBool::new(false) }
    }

    /// Plants a bug in place of the one before; 0 removes it.
    pub(crate) fn plant(&self, bug: u8) {
        self.reached.store(false, Ordering::Relaxed);
        self.planted.store(bug, Ordering::Relaxed);
    }

    /// Whether a kernel came to the planted bug.
    pub(crate) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// Whether any bug is planted.
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    pub(crate) fn is_on(&self) -> bool {
        self.planted.load(Ordering::Relaxed) != 0
    }

    /// Whether this bug is planted; the caller is about to make the mistake.
    #[inline(always)]
    pub(crate) fn has(&self, bug: u8) -> bool {
        let has = self.planted.load(Ordering::Relaxed) == bug;
        if has {
            self.reached.store(true, Ordering::Relaxed);
        }
        has
    }
}
