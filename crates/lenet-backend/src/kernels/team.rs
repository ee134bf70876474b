//! A team of threads that share the tasks of one loop: fork and join in a microsecond.
//!
//! A training step is a dozen loops of 20 to 500 µs each. Waking a sleeping thread costs 5 to 50 µs, so between
//! loops a helper looks out for the next one for a while before it goes to sleep, and the thread that calls takes
//! tasks itself and never waits for a helper that has not come:
//!
//! ```text
//!   caller   open ─► tasks 0, 1, 2 … ────────────────► close ─► wait for those inside
//!   helper   … look … enter ─► tasks n-1, n-2 … ─► leave … look … (200 µs) … sleep
//! ```
//! The caller takes tasks from the front and helpers from the back, so that with two threads an image stays with the
//! cache of the thread that worked on it in the loop before.
//!
//! There is one team in the process. Its size is that of rayon's current pool, which the user configures; a loop that
//! finds the team busy (from another thread, or from within a loop) runs on its caller alone.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant};

/// How long a helper looks out for work before it sleeps: longer than what lies between the loops of a step.
const LOOK_OUT: Duration = Duration::from_micros(200);
/// The most threads that share a loop with its caller.
const MOST_HELPERS: usize = 63;

/// Calls `work` with every number below `tasks`, once each, on the threads of the team. If `wake`, those that sleep are
/// woken; if not, the team is the caller's only if its last loop was.
pub(crate) fn for_each(tasks: usize, wake: bool, work: &(dyn Fn(usize) + Sync)) {
    let helpers = (rayon::current_num_threads() - 1).min(tasks.saturating_sub(1)).min(MOST_HELPERS);
    let team = match TEAM.members.try_lock() {
        // A loop that panicked left the team as it was: its door is closed and nobody is inside.
        Err(TryLockError::Poisoned(team)) => Some(team.into_inner()),
        team => team.ok(),
    };
    match (team, u32::try_from(tasks)) {
        (Some(mut team), Ok(tasks)) if helpers > 0 && (wake || team.are_used_by_this_thread()) => {
            TEAM.share(&mut team, Job { tasks, helpers, work: hidden(work) }, wake)
        }
        _ => (0..tasks).for_each(work),
    }
}

static TEAM: Team = Team {
    members: Mutex::new(Members { helpers: Vec::new(), caller: None }),
    door: AtomicU64::new(0),
    job: UnsafeCell::new(None),
    taken: AtomicU64::new(0),
    panic: Mutex::new(None),
};

/// Set in [`Team::door`] while helpers may enter.
const OPEN: u64 = 1 << 8;
/// One loop in the upper bits of [`Team::door`].
const LOOP: u64 = 1 << 9;
/// One task of the caller's in [`Team::taken`]; below it are those of the helpers.
const FRONT: u64 = 1 << 32;

struct Team {
    /// Whoever holds the lock may run a loop.
    members: Mutex<Members>,
    /// The number of the loop, whether it is open, and in the lowest byte how many helpers are inside: one number, so
    /// that a helper enters the loop it has seen or none.
    door: AtomicU64,
    /// Written while the door is closed and nobody is inside, read by those inside.
    job: UnsafeCell<Option<Job>>,
    /// How many tasks were taken from the front and from the back.
    taken: AtomicU64,
    /// What the work of a helper panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is written by the holder of `members` while the door is closed and nobody is inside, and read only
// inside; entering and leaving are atomic operations on `door`, which order the accesses.
unsafe impl Sync for Team {}

/// A loop: how many tasks, for how many helpers, and what to do.
#[derive(Clone, Copy)]
struct Job {
    tasks: u32,
    helpers: usize,
    /// Alive while the loop runs.
    work: *const (dyn Fn(usize) + Sync),
}

/// `work` without its lifetime.
fn hidden<'a>(work: &'a (dyn Fn(usize) + Sync + 'a)) -> *const (dyn Fn(usize) + Sync) {
    // SAFETY: the two types differ in a lifetime that a pointer does not have.
    unsafe { std::mem::transmute::<&'a (dyn Fn(usize) + Sync + 'a), *const (dyn Fn(usize) + Sync)>(work) }
}

struct Members {
    helpers: Vec<Helper>,
    /// Who ran the last loop that woke them.
    caller: Option<ThreadId>,
}

impl Members {
    fn are_used_by_this_thread(&self) -> bool {
        self.caller == Some(thread::current().id())
    }
}

struct Helper {
    thread: Thread,
    asleep: &'static AtomicBool,
}

impl Team {
    /// Runs a loop. The caller holds the lock of `members`.
    fn share(&'static self, members: &mut Members, job: Job, wake: bool) {
        let Members { helpers, caller } = members;
        while wake && helpers.len() < job.helpers {
            match self.hire(helpers.len()) {
                Ok(helper) => helpers.push(helper),
                Err(_) => break, // The system has no thread left: the loop goes without.
            }
        }
        *caller = Some(thread::current().id());
        // SAFETY: the lock is held; the door is closed and nobody is inside, as at the end of every loop.
        unsafe { *self.job.get() = Some(job) };
        self.taken.store(0, SeqCst);
        self.door.fetch_add(LOOP + OPEN, SeqCst);
        let open = Open(self);
        for helper in helpers.iter().take(job.helpers) {
            if wake && helper.asleep.load(SeqCst) {
                helper.thread.unpark();
            }
        }
        // SAFETY: `work` is borrowed until the caller's call ends, which is not before `open` is dropped.
        self.work_on(job.tasks, FRONT, unsafe { &*job.work });
        drop(open);
        if let Some(panic) = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
            resume_unwind(panic);
        }
    }

    /// Takes tasks from one end until none is left. A task is given to whoever raises the sum of both counts to no
    /// more than `tasks`, so no task is given twice.
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

    /// Starts the thread of helper `index`. It lives as long as the process.
    fn hire(&'static self, index: usize) -> std::io::Result<Helper> {
        let asleep: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = thread::Builder::new().name(format!("lenet-kernels-{index}"));
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
            if since.elapsed() > LOOK_OUT {
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
            let work = unsafe { &*job.work };
            // Unwind safe: the panic goes on in the caller.
            let worked = AssertUnwindSafe(|| self.work_on(job.tasks, 1, work));
            if let Err(panic) = catch_unwind(worked) {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
        }
        self.door.fetch_sub(1, SeqCst);
    }
}

/// A loop that helpers may enter. Dropping it, also by a panic of the caller's work, ends the loop.
struct Open(&'static Team);

impl Drop for Open {
    fn drop(&mut self) {
        let mut inside = self.0.door.fetch_sub(OPEN, SeqCst) % OPEN;
        for turn in 0_u64.. {
            if inside == 0 {
                break;
            }
            // On a busy machine the helper may have lost its core: let it have ours.
            if turn < 1_000 {
                std::hint::spin_loop()
            } else {
                thread::yield_now()
            }
            inside = self.0.door.load(SeqCst) % OPEN;
        }
    }
}
