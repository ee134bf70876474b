//! The public loops: order, tasks of very different length, panics, and the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lenet_threads::{for_each, in_pieces, map, with_threads};

#[test]
fn results_come_in_the_order_of_their_indices_whatever_their_tasks_take() {
    for threads in [1, 2, 5] {
        let found = with_threads(threads, || {
            map(50, |i| {
                if i % 17 == 0 {
                    std::thread::sleep(Duration::from_millis(5));
                }
                i.to_string()
            })
        });
        assert_eq!(found.unwrap(), (0..50).map(|i| i.to_string()).collect::<Vec<_>>());
    }
    assert!(map(0, |i| i).is_empty());
}

#[test]
fn every_task_of_an_iterator_is_done_once() {
    let mut numbers = [0; 100];
    for_each(numbers.chunks_mut(7).enumerate(), |(index, chunk)| chunk.fill(index + 1));
    assert!(numbers.iter().enumerate().all(|(i, number)| *number == i / 7 + 1));
}

#[test]
fn pieces_hold_what_was_before_and_keep_what_is_written() {
    for threads in [1, 3] {
        let found = with_threads(threads, || {
            for_each(0..2, |_| {}); // Now the helpers spin for this thread, and `in_pieces` shares its work.
            in_pieces(1001, 10, 0.5, |piece, numbers| {
                assert!(numbers.iter().all(|number| *number == 0.5));
                numbers[0] = piece as f32;
            })
        });
        let expected = (0..1001).map(|i| if i % 10 == 0 { (i / 10) as f32 } else { 0.5 });
        assert_eq!(found.unwrap(), expected.collect::<Vec<f32>>());
    }
}

#[test]
fn a_panic_of_a_task_reaches_the_caller() {
    let done = AtomicUsize::new(0);
    let broken = std::panic::AssertUnwindSafe(|| {
        map(10, |i| {
            assert!(i != 3, "task {i}");
            done.fetch_add(1, Ordering::Relaxed);
        })
    });
    let panic = std::panic::catch_unwind(broken).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("task 3"));
}
