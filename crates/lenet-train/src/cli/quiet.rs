//! Panics without a message. `lenet_data::photo` turns a panic of an image decoder into an error, but the
//! hook of the standard library prints it before that.

use std::cell::Cell;
use std::panic;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Makes the panics in [`while_quiet`] print nothing. Others print as before.
pub(super) fn install() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !IS_QUIET.get() {
            before(panic);
        }
    }));
}

/// Runs `read`, which catches its panics.
pub(super) fn while_quiet<T>(read: impl FnOnce() -> T) -> T {
    IS_QUIET.set(true);
    let result = read();
    IS_QUIET.set(false);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only test that sets the hook, which the process shares.
    #[test]
    fn only_caught_panics_are_quiet() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
        let printed = Arc::new(AtomicUsize::new(0));
        let (counted, here) = (Arc::clone(&printed), std::thread::current().id());
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |_| {
            counted.fetch_add(usize::from(std::thread::current().id() == here), Relaxed);
        }));
        install();
        assert!(while_quiet(|| panic::catch_unwind(|| panic!("in a decoder"))).is_err());
        assert_eq!(printed.load(Relaxed), 0);
        assert!(panic::catch_unwind(|| panic!("elsewhere")).is_err());
        assert_eq!(printed.load(Relaxed), 1);
        panic::set_hook(before);
    }
}
