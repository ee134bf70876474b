//! Runs several trainings side by side, each as a child process of this program.
//!
//! A child process takes nothing with it when it ends: the end of one run, even by a lack of memory, is not the end of
//! the others, and a sweep that is killed leaves runs that can be resumed as any run can.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use super::super::interrupt::Interrupt;
use super::state::{State, is_busy};

/// How often a signal, or the end of another process, is looked for.
const POLL: Duration = Duration::from_millis(100);

/// A training to begin or to resume.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// Index of the run.
    pub(super) run: usize,
    pub(super) folder: PathBuf,
    /// The flags of a new run.
    pub(super) flags: Vec<String>,
    /// The epochs to pause after, if not after the last one.
    pub(super) pause_after: Option<u64>,
}

/// What came of a task.
#[derive(Debug)]
pub(super) enum Done {
    Trained,
    /// A signal ended it, or it did not begin because of one.
    Interrupted,
    Failed(String),
}

/// The tasks that wait, and the children that run.
struct Queue {
    tasks: VecDeque<Task>,
    children: Vec<u32>,
    is_closed: bool,
}

/// Runs all `tasks`, `jobs` at a time, each with `threads` threads, and tells `report` of each. A signal is passed on to the
/// children, which save what they learnt; no further task begins then.
pub(super) fn run_all(
    tasks: Vec<Task>,
    (jobs, threads): (usize, usize),
    interrupt: &Interrupt,
    mut report: impl FnMut(usize, Done),
) {
    let queue = Mutex::new(Queue { tasks: tasks.into(), children: Vec::new(), is_closed: false });
    let (sender, results) = channel();
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (queue, sender) = (&queue, sender.clone());
            scope.spawn(move || {
                while let Some((run, done)) = next(queue, threads) {
                    if sender.send((run, done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match results.recv_timeout(POLL) {
                Ok((run, done)) => report(run, done),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) if interrupt.is_requested() => close(&queue),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    });
}

/// Runs one task; `None` if there are no more. A run that another process trains is put back until the process ends.
fn next(queue: &Mutex<Queue>, threads: usize) -> Option<(usize, Done)> {
    let mut busy = 0;
    loop {
        let mut locked = lock(queue);
        if locked.is_closed {
            return locked.tasks.pop_front().map(|task| (task.run, Done::Interrupted));
        }
        let task = locked.tasks.pop_front()?;
        if is_busy(&task.folder) {
            busy += 1;
            let all = busy > locked.tasks.len();
            locked.tasks.push_back(task);
            drop(locked);
            if all {
                busy = 0;
                thread::sleep(POLL);
            }
            continue;
        }
        // The child is in the list before the queue can be closed.
        let child = match start(&task, threads) {
            Ok(child) => child,
            Err(error) => return Some((task.run, Done::Failed(error.to_string()))),
        };
        let process = child.id();
        locked.children.push(process);
        drop(locked);
        let output = child.wait_with_output();
        let mut locked = lock(queue);
        locked.children.retain(|other| *other != process);
        let was_stopped = locked.is_closed;
        let done =
            output.map_or_else(|error| Done::Failed(error.to_string()), |output| ended(&output, was_stopped));
        return Some((task.run, done));
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(task: &Task, threads: usize) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("train");
    match State::of(&task.folder) {
        State::Missing => command.args(&task.flags).arg("--out").arg(path(&task.folder)),
        _ => command.arg("--resume").arg(path(&task.folder)),
    };
    command.arg(format!("--threads={threads}")).arg("--quiet");
    if let Some(epochs) = task.pause_after {
        command.arg(format!("--pause-after={epochs}"));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // Ctrl-C on the terminal reaches this process alone, which passes it on once: a child ends at once at the second signal.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// A path that no flag begins like.
fn path(folder: &Path) -> PathBuf {
    if folder.is_absolute() { folder.to_owned() } else { Path::new(".").join(folder) }
}

/// Begins no further task, and passes the signal on.
fn close(queue: &Mutex<Queue>) {
    let mut queue = lock(queue);
    if !std::mem::replace(&mut queue.is_closed, true) {
        for process in &queue.children {
            // On Windows, Ctrl-C reaches the children by itself.
            #[cfg(unix)]
            let _ = Command::new("kill").args(["-TERM", &process.to_string()]).status();
            #[cfg(not(unix))]
            let _ = process;
        }
    }
}

/// What came of a child; `was_stopped` says whether the signal was passed on to it.
fn ended(output: &Output, was_stopped: bool) -> Done {
    // By the convention of Unix shells: SIGINT, SIGTERM, SIGHUP.
    const SIGNALS: [i32; 3] = [130, 143, 129];
    match output.status.code() {
        Some(0) => Done::Trained,
        Some(code) if SIGNALS.contains(&code) => Done::Interrupted,
        None if was_stopped => Done::Interrupted, // The signal came before the child could handle one.
        _ => {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.lines().map(str::trim).rfind(|line| line.starts_with("error: "));
            let last = last.or_else(|| text.lines().map(str::trim).rfind(|line| !line.is_empty()));
            let error = last.map_or("no message", |line| line.trim_start_matches("error: "));
            Done::Failed(match output.status.code() {
                Some(_) => error.to_owned(),
                None => format!("{}: {error}", output.status),
            })
        }
    }
}
