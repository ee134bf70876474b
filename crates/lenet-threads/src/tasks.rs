//! Loops over the items of an iterator and over indices.

use std::sync::{Mutex, PoisonError};

use crate::team;

/// Runs `work` on every task, each once, in any order, on the threads of the team; wakes those that sleep.
/// With one task it runs on the calling thread.
///
/// A panic of a task reaches the caller when the other threads have left the loop; tasks that nobody has
/// started by then may be left out.
pub fn for_each<T: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    share(tasks, true, work);
}

/// [`for_each`] that wakes no thread: only threads that spin after an earlier loop of the calling thread take
/// part. For a loop that would be over before a sleeping thread is awake.
pub fn for_each_awake<T: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    share(tasks, false, work);
}

fn share<T: Send>(mut tasks: impl Iterator<Item = T>, wake: bool, work: impl Fn(T) + Sync) {
    let (Some(first), second) = (tasks.next(), tasks.next()) else { return };
    let Some(second) = second else { return work(first) };
    let tasks = [first, second].into_iter().chain(tasks);
    let tasks: Vec<Mutex<Option<T>>> = tasks.map(|task| Mutex::new(Some(task))).collect();
    team::for_each(tasks.len(), wake, &|index| {
        if let Some(task) = tasks[index].lock().unwrap_or_else(PoisonError::into_inner).take() {
            work(task);
        }
    });
}

/// The results of `work(0)`, `work(1)`, … `work(count - 1)`, in this order, computed on the threads of the
/// team; wakes those that sleep. Indices are taken one by one, so that tasks may differ in length.
///
/// A panic of `work` reaches the caller when the other threads have left the loop.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut results: Vec<Option<T>> = Vec::new();
    results.resize_with(count, || None);
    for_each(results.iter_mut().enumerate(), |(index, result)| *result = Some(work(index)));
    results.into_iter().flatten().collect()
}
