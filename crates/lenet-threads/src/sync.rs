//! The primitives by which threads meet: those of std, or those of [loom](https://docs.rs/loom) when it explores the
//! orders in which they may run (`--cfg loom`).

#[cfg(not(loom))]
pub use std::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64},
    thread,
};

#[cfg(loom)]
pub use loom::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU64},
    thread,
};

/// Orders a store before a load of another variable. `SeqCst` operations are ordered already; loom treats
/// them as acquire and release operations, for which only a fence does that.
pub fn store_before_load() {
    #[cfg(loom)]
    loom::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

/// A value that several threads use at different times.
#[cfg(not(loom))]
pub struct Shared<T>(std::cell::UnsafeCell<T>);

/// A value that several threads use at different times: loom reports a use at the same time.
#[cfg(loom)]
pub struct Shared<T>(loom::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T: Copy> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// # Safety
    /// No other thread uses the value meanwhile.
    pub unsafe fn set(&self, value: T) {
        // SAFETY: the caller's.
        unsafe { *self.0.get() = value };
    }

    /// # Safety
    /// No other thread writes the value meanwhile.
    pub unsafe fn get(&self) -> T {
        // SAFETY: the caller's.
        unsafe { *self.0.get() }
    }
}

#[cfg(loom)]
impl<T: Copy> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(loom::cell::UnsafeCell::new(value))
    }

    /// # Safety
    /// No other thread uses the value meanwhile.
    pub unsafe fn set(&self, value: T) {
        // SAFETY: the caller's.
        self.0.with_mut(|place| unsafe { *place = value });
    }

    /// # Safety
    /// No other thread writes the value meanwhile.
    pub unsafe fn get(&self) -> T {
        // SAFETY: the caller's.
        self.0.with(|place| unsafe { *place })
    }
}
