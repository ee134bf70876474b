//! Loops on several threads for ThreadSanitizer. It has no test harness, because std is not instrumented: the
//! sanitizer takes the harness' channels for races.

use std::panic::{catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

fn main() {
    set_hook(Box::new(|_| {})); // The panics below are wanted.
    for round in 0..200 {
        let threads = 1 + round % 4;
        let done = lenet_threads::with_threads(threads, || {
            let squares = lenet_threads::map(50, |index| index * index);
            assert_eq!(squares[49], 49 * 49);
            let numbers =
                lenet_threads::in_pieces(1_000, 7, 0.0, |piece, numbers| numbers.fill(piece as f32));
            assert_eq!(numbers[999], 142.0);
            let sum = AtomicUsize::new(0);
            lenet_threads::for_each(0..100, |task| {
                sum.fetch_add(task, Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
            let broken = || lenet_threads::for_each(0..20, |task| assert!(task != 7));
            assert!(catch_unwind(broken).is_err());
        });
        assert!(done.is_ok(), "{threads} threads are allowed");
    }
    println!("200 rounds passed");
}
