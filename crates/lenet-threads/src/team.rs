//! The team: threads that share the tasks of one loop with its caller. Fork and join take a microsecond.
//!
//! A training step is a dozen loops of 20 to 500 µs each, and waking a sleeping thread takes 5 to 50 µs. So
//! helpers spin for 200 µs after each loop before they sleep, and the caller takes tasks itself and never
//! waits for a helper that has not entered the loop:
//!
//! ```text
//!   caller   open ─► tasks 0, 1, 2 … ──────────────────► close ─► wait for the helpers inside
//!   helper   … spin … enter ─► tasks n-1, n-2 … ─► leave … spin … (200 µs) … sleep
//! ```
//! The caller takes tasks from the front and helpers from the back, so that with two threads an image stays
//! in the cache of the thread that worked on it in the loop before.
//!
//! A helper enters through the [`Door`] only if the loop that it has seen is still open. The caller closes
//! the door and waits until nobody is inside; only then does it return, and with it end the closure's
//! borrows.

mod door;
mod job;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{LazyLock, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use self::door::Door;
use self::job::Job;
use crate::sync::thread::{self, Thread, ThreadId};
use crate::sync::{AtomicBool, AtomicU64, Shared, spin_loop, store_before_load};
use crate::threads;

/// How long a helper spins before it sleeps: longer than the time between the loops of a training step.
const SPIN: Duration = Duration::from_micros(200);
/// Whether this platform has threads. (wasm32 has none, and reading its clock would panic.)
const HAS_THREADS: bool = cfg!(not(target_arch = "wasm32"));

/// Calls `work` with every number below `tasks`, once each, on the threads of the team. `wake` says whether
/// helpers that sleep are woken; without it the loop is shared only if the calling thread also ran the team's
/// last loop.
pub(crate) fn for_each(tasks: usize, wake: bool, work: &(dyn Fn(usize) + Sync)) {
    TEAM.for_each(tasks, threads(), wake, work);
}

static TEAM: LazyLock<Team> = LazyLock::new(Team::new);

/// One task of the caller's in [`Team::taken`]; the bits below it count the tasks of the helpers.
const FRONT: u64 = 1 << 32;

struct Team {
    /// Whoever holds the lock may run a loop.
    members: Mutex<Members>,
    door: Door,
    /// Written while the door is closed and nobody is inside, read by those inside.
    job: Shared<Option<Job>>,
    /// How many tasks were taken from the front and from the back.
    taken: AtomicU64,
    /// The first panic of a helper in this loop.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is written by the holder of `members` while the door is closed and nobody is inside, and read
// only inside; entering and leaving are atomic operations on `door`, which order the accesses.
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
    fn new() -> Self {
        Self {
            members: Mutex::new(Members { helpers: Vec::new(), caller: None }),
            door: Door::new(),
            job: Shared::new(None),
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
        // A thread that works alone gives the lock back first: another one may want to share its loop meanwhile.
        let members = members.filter(|members| helpers > 0 && (wake || members.serve_this_thread()));
        match (members, u32::try_from(tasks)) {
            (Some(mut members), Ok(tasks)) => self.share(&mut members, Job::new(tasks, helpers, work), wake),
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
        unsafe { self.open(job) };
        if wake {
            helpers.iter().take(job.helpers).for_each(Helper::wake);
        }
        // SAFETY: `work` is borrowed until `for_each` returns, which is not before `close` has.
        let work = unsafe { job.work() };
        // Unwind safe: the panic goes on below.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work_on(job.tasks, FRONT, work)));
        self.door.close();
        // Taken in any case: a panic left here would end the next loop.
        let helpers_panic = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = worked.err().or(helpers_panic) {
            resume_unwind(panic);
        }
    }

    /// Lets helpers in to work on `job`.
    ///
    /// # Safety
    /// The door is closed and nobody is inside, and no other thread opens it.
    unsafe fn open(&self, job: Job) {
        // SAFETY: only threads inside read it.
        unsafe { self.job.set(Some(job)) };
        self.taken.store(0, SeqCst);
        self.door.open();
    }

    /// Takes tasks from one end until none is left. A task goes to whoever raises the sum of both counts to
    /// no more than `tasks`, so no task is taken twice.
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
        let since = Instant::now();
        loop {
            for _ in 0..32 {
                if let Some(number) = self.door.next_loop(last) {
                    return number;
                }
                spin_loop();
            }
            if since.elapsed() > SPIN {
                self.sleep(last, asleep);
            }
        }
    }

    /// Sleeps until a caller wakes this thread, unless a loop other than `last` is open. A caller opens the
    /// door before it looks who sleeps, and a helper says that it sleeps before it looks at the door: one
    /// of them sees the other.
    fn sleep(&self, last: u64, asleep: &AtomicBool) {
        asleep.store(true, SeqCst);
        store_before_load();
        if self.door.next_loop(last).is_none() {
            thread::park();
        }
        asleep.store(false, SeqCst);
    }

    /// Enters loop `number` if it is still open, and works on it.
    fn help(&self, number: u64, index: usize) {
        if !self.door.enter(number) {
            return;
        }
        // SAFETY: this thread is inside.
        if let Some(job) = unsafe { self.job.get() }.filter(|job| index < job.helpers) {
            // SAFETY: the caller of the loop keeps `work` alive until nobody is inside.
            let work = unsafe { job.work() };
            // Unwind safe: the panic goes on in the caller.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work_on(job.tasks, 1, work))) {
                self.keep_first(panic);
            }
        }
        self.door.leave();
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

impl Helper {
    fn wake(&self) {
        if self.asleep.load(SeqCst) {
            self.thread.unpark();
        }
    }
}

impl Members {
    fn serve_this_thread(&self) -> bool {
        self.caller == Some(thread::current().id())
    }
}

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod tests;
