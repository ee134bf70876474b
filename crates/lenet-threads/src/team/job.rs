//! [`Job`]: one parallel loop.

/// One parallel loop. `work` has lost its lifetime: the loop's caller must keep the closure alive.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub tasks: u32,
    /// Helpers with an index below this number take part.
    pub helpers: usize,
    work: *const (dyn Fn(usize) + Sync),
}

// SAFETY: other threads may call the closure, which is `Sync`; that it is alive is a condition of
// `Job::work`.
unsafe impl Send for Job {}

impl Job {
    pub fn new<'a>(tasks: u32, helpers: usize, work: &'a (dyn Fn(usize) + Sync + 'a)) -> Self {
        type WithoutLifetime = *const (dyn Fn(usize) + Sync);
        // SAFETY: the two types differ in a lifetime that a pointer does not have.
        let work = unsafe { std::mem::transmute::<&'a (dyn Fn(usize) + Sync + 'a), WithoutLifetime>(work) };
        Self { tasks, helpers, work }
    }

    /// What to do with the number of each task.
    ///
    /// # Safety
    /// The closure that [`Job::new`] got lives as long as the result.
    pub unsafe fn work<'a>(&self) -> &'a (dyn Fn(usize) + Sync) {
        // SAFETY: the caller's.
        unsafe { &*self.work }
    }
}
