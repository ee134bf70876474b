//! The number of threads: [`set_threads`], [`threads`], [`with_threads`].

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::Error;

/// The largest number of threads that [`set_threads`] accepts. More threads than cores never make a loop
/// faster, and a number far beyond any machine's cores is a mistake that would use up the memory and the
/// process table.
pub const MAX_THREADS: usize = 1024;

/// Sets the number of threads that share a loop, its caller included, for the whole process. Takes effect
/// with the next loop; can be called again.
///
/// Threads are started when a loop first needs them. If the system refuses to start one, loops run on the
/// threads that there are.
///
/// # Errors
/// [`Error::ThreadCount`] if `count` is 0 or above [`MAX_THREADS`].
pub fn set_threads(count: usize) -> Result<(), Error> {
    FOR_ALL.store(checked(count)?, Relaxed);
    Ok(())
}

/// The number of threads that share a loop of the calling thread, itself included: at most so many, because
/// the system may refuse to start one.
///
/// It is the number of the innermost [`with_threads`] around the call, or else that of [`set_threads`], or
/// else the number of cores that the system lets this process use
/// ([`available_parallelism`](thread::available_parallelism)).
pub fn threads() -> usize {
    match FOR_THIS_THREAD.get() {
        0 => match FOR_ALL.load(Relaxed) {
            0 => cores(),
            count => count,
        },
        count => count,
    }
}

/// Runs `work` on the calling thread, with `count` threads for the loops that the calling thread starts in
/// it.
///
/// ```
/// let alone = lenet_threads::with_threads(1, || lenet_threads::threads())?;
/// assert_eq!(alone, 1);
/// # Ok::<(), lenet_threads::Error>(())
/// ```
///
/// # Errors
/// [`Error::ThreadCount`] if `count` is 0 or above [`MAX_THREADS`]; `work` does not run then.
pub fn with_threads<T>(count: usize, work: impl FnOnce() -> T) -> Result<T, Error> {
    /// Restores the earlier number, also if `work` panics.
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            FOR_THIS_THREAD.set(self.0);
        }
    }
    let _restore = Restore(FOR_THIS_THREAD.replace(checked(count)?));
    Ok(work())
}

/// The number that [`set_threads`] has set; 0 if it was never called.
static FOR_ALL: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number that [`with_threads`] has set for the loops of this thread; 0 outside of it.
    static FOR_THIS_THREAD: Cell<usize> = const { Cell::new(0) };
}

/// Asked once: on Linux the answer takes several system calls.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS)))
}

fn checked(count: usize) -> Result<usize, Error> {
    if (1..=MAX_THREADS).contains(&count) { Ok(count) } else { Err(Error::ThreadCount { requested: count }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_scope_decides_and_ends_with_its_closure_even_by_a_panic() {
        let outside = threads();
        let inner = with_threads(3, || (threads(), with_threads(5, threads).unwrap(), threads())).unwrap();
        assert_eq!(inner, (3, 5, 3));
        assert!(std::panic::catch_unwind(|| with_threads(7, || panic!("broken"))).is_err());
        assert_eq!(threads(), outside);
    }

    #[test]
    fn numbers_that_no_machine_has_are_refused_and_change_nothing() {
        let before = threads();
        for count in [0, MAX_THREADS + 1, usize::MAX] {
            let error = set_threads(count).unwrap_err();
            assert_eq!(error, Error::ThreadCount { requested: count });
            assert_eq!(
                error.to_string(),
                format!("cannot use {count} threads: expected a number from 1 to 1024")
            );
            assert!(with_threads(count, || unreachable!()).is_err());
        }
        assert_eq!(threads(), before);
    }
}
