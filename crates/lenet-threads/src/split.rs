//! The rule that cuts a batch into tasks. It knows the size of the batch and nothing else, so that the number
//! of threads changes no bit of a sum over the batch.

/// Up to this many items a batch is one task: waking another thread costs more than it saves.
const SERIAL_ITEMS: usize = 8;
/// Tasks of a large batch: enough to keep many threads evenly busy, few enough that taking them, and adding
/// up their partial sums, costs nothing.
const MAX_TASKS: usize = 32;
/// Items in a task whose partial sums are added up, at least.
const MIN_ITEMS_PER_TASK: usize = 4;

/// Number of items (such as images) in one task, for tasks whose partial sums are added up. The last task of
/// a batch may be smaller.
pub fn items_per_task(batch: usize) -> usize {
    if batch <= SERIAL_ITEMS { batch.max(1) } else { batch.div_ceil(MAX_TASKS).max(MIN_ITEMS_PER_TASK) }
}

/// Number of items in one task, for tasks without partial sums: smaller tasks, so that all threads end
/// together. The last task of a batch may be smaller.
pub fn items_per_small_task(batch: usize) -> usize {
    if batch <= SERIAL_ITEMS { batch.max(1) } else { batch.div_ceil(MAX_TASKS) }
}
