//! The team: threads that share the tasks of one loop with its caller. Fork and join take a microsecond.
//!
//! A training step is a dozen loops of 20 to 500 µs each, and waking a sleeping thread takes 5 to 50 µs. So helpers spin
//! for 200 µs after each loop before they sleep, and the caller takes tasks itself and never waits for a helper that has
//! not entered the loop:
//!
//! ```text
//!   caller   open ─► tasks 0, 1, 2 … ──────────────────► close ─► wait for the helpers inside
//!   helper   … spin … enter ─► tasks n-1, n-2 … ─► leave … spin … (200 µs) … sleep
//! ```
//! The caller takes tasks from the front and helpers from the back, so that with two threads an image stays in the cache
//! of the thread that worked on it in the loop before.
//!
//! # The door
//! One atomic number is the number of the loop, whether helpers may enter it, and how many helpers are inside. A helper
//! enters by adding 1 with a compare-and-swap that fails unless the loop it has seen is still open. The caller closes the
//! door and waits until nobody is inside; only then does it return, and with it end the closure's borrows.

mod job;

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

use self::job::Job;
use crate::threads;

/// How long a helper spins before it sleeps: longer than the time between the loops of a training step.
const SPIN: Duration = Duration::from_micros(200);
/// Whether this platform has threads. (wasm32 has none, and reading its clock would panic.)
const HAS_THREADS: bool = cfg!(not(target_arch = "wasm32"));

/// Calls `work` with every number below `tasks`, once each, on the threads of the team. `wake` says whether helpers that
/// sleep are woken; without it the loop is shared only if the calling thread also ran the team's last loop.
pub(crate) fn for_each(tasks: usize, wake: bool, work: &(dyn Fn(usize) + Sync)) {
    TEAM.for_each(tasks, threads(), wake, work);
}

static TEAM: Team = Team::new();

/// Set in [`Team::door`] while helpers may enter; below it is the number of helpers inside.
const OPEN: u64 = 1 << 16;
/// One loop in the upper bits of [`Team::door`].
const LOOP: u64 = 1 << 17;
/// One task of the caller's in [`Team::taken`]; the bits below it count the tasks of the helpers.
const FRONT: u64 = 1 << 32;

struct Team {
    /// Whoever holds the lock may run a loop.
    members: Mutex<Members>,
    /// The number of the loop, whether it is open, and how many helpers are inside.
    door: AtomicU64,
    /// Written while the door is closed and nobody is inside, read by those inside.
    job: UnsafeCell<Option<Job>>,
    /// How many tasks were taken from the front and from the back.
    taken: AtomicU64,
    /// The first panic of a helper in this loop.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is written by the holder of `members` while the door is closed and nobody is inside, and read only
// inside; entering and leaving are atomic operations on `door`, which order the accesses.
unsafe impl Sync for Team {}

struct Members {
    helpers: Vec<Helper>,
    /// The thread that ran the last loop.
    caller: Option<ThreadId>,
}

struct Helper {
    thread: Thread,
    asleep: &'static AtomicBool,
}

impl Team {
    const fn new() -> Self {
        Self {
            members: Mutex::new(Members { helpers: Vec::new(), caller: None }),
            door: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            taken: AtomicU64::new(0),
            panic: Mutex::new(None),
        }
    }

    /// [`for_each`] on at most `threads` threads.
    fn for_each(&'static self, tasks: usize, threads: usize, wake: bool, work: &(dyn Fn(usize) + Sync)) {
        let helpers = if HAS_THREADS { (threads - 1).min(tasks.saturating_sub(1)) } else { 0 };
        let members = match self.members.try_lock() {
            // A loop that panicked left the team ready: its door is closed and nobody is inside.
            Err(TryLockError::Poisoned(members)) => Some(members.into_inner()),
            members => members.ok(),
        };
        match (members, u32::try_from(tasks)) {
            (Some(mut members), Ok(tasks)) if helpers > 0 && (wake || members.serve_this_thread()) => {
                self.share(&mut members, Job::new(tasks, helpers, work), wake)
            }
            _ => (0..tasks).for_each(work),
        }
    }

    /// Runs a loop. The caller holds the lock of `members`.
    fn share(&'static self, members: &mut Members, job: Job, wake: bool) {
        let Members { helpers, caller } = members;
        while wake && helpers.len() < job.helpers {
            match self.start(helpers.len()) {
                Ok(helper) => helpers.push(helper),
                Err(_) => break, // The system starts no more threads: the loop runs without them.
            }
        }
        *caller = Some(thread::current().id());
        // SAFETY: the lock is held; the door is closed and nobody is inside, as at the end of every loop.
        unsafe { *self.job.get() = Some(job) };
        self.taken.store(0, SeqCst);
        self.door.fetch_add(LOOP + OPEN, SeqCst);
        for helper in helpers.iter().take(job.helpers) {
            if wake && helper.asleep.load(SeqCst) {
                helper.thread.unpark();
            }
        }
        // SAFETY: `work` is borrowed until `for_each` returns, which is not before `close` has.
        let work = unsafe { job.work() };
        // Unwind safe: the panic goes on below.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work_on(job.tasks, FRONT, work)));
        self.close();
        // Taken in any case: a panic left here would end the next loop.
        let helpers_panic = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = worked.err().or(helpers_panic) {
            resume_unwind(panic);
        }
    }

    /// Takes tasks from one end until none is left. A task goes to whoever raises the sum of both counts to no more than
    /// `tasks`, so no task is taken twice.
    fn work_on(&self, tasks: u32, end: u64, work: &(dyn Fn(usize) + Sync)) {
        loop {
            let taken = self.taken.fetch_add(end, SeqCst);
            let (front, back) = (taken / FRONT, taken % FRONT);
            if front + back >= u64::from(tasks) {
                return;
            }
            work(if end == FRONT { front } else { u64::from(tasks) - 1 - back } as usize);
        }
    }

    /// Closes the door and waits until nobody is inside.
    fn close(&self) {
        let mut inside = self.door.fetch_sub(OPEN, SeqCst) % OPEN;
        for turn in 0_u64.. {
            if inside == 0 {
                return;
            }
            // On a busy machine the helper may have lost its core: yield ours to it.
            if turn < 1_000 {
                std::hint::spin_loop()
            } else {
                thread::yield_now()
            }
            inside = self.door.load(SeqCst) % OPEN;
        }
    }

    /// Starts the thread of helper `index`, which lives as long as the process.
    fn start(&'static self, index: usize) -> std::io::Result<Helper> {
        let asleep: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = thread::Builder::new().name(format!("lenet-threads-{index}"));
        let handle = thread.spawn(move || {
            let mut last = 0;
            loop {
                last = self.wait(last, asleep);
                self.help(last, index);
            }
        })?;
        Ok(Helper { thread: handle.thread().clone(), asleep })
    }

    /// Waits for an open door other than that of loop `last`; returns the number of the loop.
    fn wait(&self, last: u64, asleep: &AtomicBool) -> u64 {
        let new = || Some(self.door.load(SeqCst)).filter(|door| door & OPEN != 0 && door / LOOP != last);
        let since = Instant::now();
        loop {
            for _ in 0..32 {
                if let Some(door) = new() {
                    return door / LOOP;
                }
                std::hint::spin_loop();
            }
            if since.elapsed() > SPIN {
                asleep.store(true, SeqCst);
                if new().is_none() {
                    thread::park();
                }
                asleep.store(false, SeqCst);
            }
        }
    }

    /// Enters loop `number` if it is still open, and works on it.
    fn help(&self, number: u64, index: usize) {
        let enter = |door| (door & OPEN != 0 && door / LOOP == number).then_some(door + 1);
        if self.door.fetch_update(SeqCst, SeqCst, enter).is_err() {
            return;
        }
        // SAFETY: this thread is inside.
        if let Some(job) = unsafe { *self.job.get() }.filter(|job| index < job.helpers) {
            // SAFETY: the caller of the loop keeps `work` alive until nobody is inside.
            let work = unsafe { job.work() };
            // Unwind safe: the panic goes on in the caller.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work_on(job.tasks, 1, work))) {
                self.keep_first(panic);
            }
        }
        self.door.fetch_sub(1, SeqCst);
    }

    /// Keeps a helper's panic for the caller, unless there is one.
    fn keep_first(&self, panic: Box<dyn Any + Send>) {
        let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = Some(panic);
        } else {
            // Not dropped: if its destructor panicked, this helper would never leave the loop.
            std::mem::forget(panic);
        }
    }
}

impl Members {
    fn serve_this_thread(&self) -> bool {
        self.caller == Some(thread::current().id())
    }
}

#[cfg(test)]
mod tests;
