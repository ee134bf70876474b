//! How a batch is split over threads: by its size alone, so that the number of threads changes no bit.

use std::sync::{Mutex, PoisonError};

use super::team;

/// Below this many images waking another thread costs more than it saves.
const SERIAL_IMAGES: usize = 8;
/// Tasks of a large batch: enough to keep many threads evenly busy, few enough that taking them, and adding up their
/// partial gradients, costs nothing.
const MOST_TASKS: usize = 32;
const FEWEST_IMAGES_PER_TASK: usize = 4;

/// Images in one task; the last task of a batch may be smaller.
pub(crate) fn images_per_task(batch: usize) -> usize {
    if batch <= SERIAL_IMAGES { batch.max(1) } else { batch.div_ceil(MOST_TASKS).max(FEWEST_IMAGES_PER_TASK) }
}

/// Images in one task where the tasks have no sums to be added up: smaller ones, so that threads end together.
pub(crate) fn images_per_small_task(batch: usize) -> usize {
    if batch <= SERIAL_IMAGES { batch.max(1) } else { batch.div_ceil(MOST_TASKS) }
}

/// Runs `work` on every task, on the calling thread if there is only one.
pub(crate) fn for_each<T: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    share(tasks, true, work);
}

/// [`for_each`] with those threads alone that look out for work: for a loop that is over before a sleeping one is
/// awake, over numbers that lie in the caller's cache if it has worked alone.
pub(crate) fn for_each_awake<T: Send>(tasks: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
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

/// The pieces, if there are any to be had; `None` for every piece if not.
pub(crate) fn optional<I: Iterator>(pieces: Option<I>) -> impl Iterator<Item = Option<I::Item>> {
    let absent = pieces.is_none();
    let nones = std::iter::repeat_with(|| None).take(if absent { usize::MAX } else { 0 });
    pieces.into_iter().flatten().map(Some).chain(nones)
}
