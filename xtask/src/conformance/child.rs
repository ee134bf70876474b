//! [`Keeper`]: runs a child process with a time limit. The child never outlives this process, and its crash is a result.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use lenet_report::conformance::Ended;

/// Exit code after SIGINT, by the convention of shells.
const INTERRUPTED: i32 = 130;

/// Holds the running child, so that it is killed before this process ends.
#[derive(Clone, Default)]
pub struct Keeper(Arc<Mutex<Option<Child>>>);

impl Keeper {
    /// Creates a keeper that kills its child and ends this process at Ctrl-C.
    pub fn with_ctrl_c() -> anyhow::Result<Self> {
        let keeper = Self::default();
        let at_ctrl_c = keeper.clone();
        ctrlc::set_handler(move || {
            let mut running = at_ctrl_c.running();
            kill(&mut running);
            eprintln!("interrupted");
            std::process::exit(INTERRUPTED); // The lock is still held: no other child starts.
        })?;
        Ok(keeper)
    }

    /// Runs `command` until it ends or `limit` is over, and passes each line of its standard output to
    /// `line`.
    ///
    /// # Errors
    /// If the command cannot be started.
    pub fn run(
        &self,
        command: &mut Command,
        limit: Duration,
        mut line: impl FnMut(&str),
    ) -> anyhow::Result<Ended> {
        let deadline = Instant::now() + limit;
        let _end = EndOnDrop(self);
        let output = {
            let mut running = self.running();
            let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
            let child = child.with_context(|| format!("cannot start {}", shown(command)))?;
            running.insert(child).stdout.take().context("a child without a pipe")?
        };
        let lines = lines_of(output);
        while let Some(text) = next(&lines, deadline) {
            line(&text);
        }
        let ended = self.wait(deadline)?.map_or(Ended::TimedOut(limit), how);
        lines.try_iter().for_each(|text| line(&text)); // Lines printed before the deadline and not read yet.
        Ok(ended)
    }

    /// Waits for a child that has closed its output; `None` if the child was killed at the deadline.
    fn wait(&self, deadline: Instant) -> anyhow::Result<Option<ExitStatus>> {
        loop {
            let mut running = self.running();
            let Some(child) = running.as_mut() else { anyhow::bail!("there is no child to wait for") };
            if let Some(status) = child.try_wait()? {
                *running = None;
                return Ok(Some(status));
            }
            if Instant::now() >= deadline {
                kill(&mut running);
                return Ok(None);
            }
            drop(running);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Kills the child when [`Keeper::run`] returns, by whatever path.
struct EndOnDrop<'a>(&'a Keeper);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        kill(&mut self.0.running());
    }
}

fn kill(running: &mut Option<Child>) {
    if let Some(mut child) = running.take() {
        let _ = child.kill(); // Fails if the child has ended, which is fine.
        let _ = child.wait();
    }
}

/// Reads the lines of a pipe on a separate thread, so that the receiver can wait for them with a time limit.
fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The next line; `None` at the end of the output or at the deadline.
fn next(lines: &Receiver<String>, deadline: Instant) -> Option<String> {
    lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
}

fn how(status: ExitStatus) -> Ended {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Ended::Signal(signal_name(signal));
    }
    Ended::Exited(status.code().unwrap_or(-1))
}

/// A signal's name and number. Only those that end programs, and that all Unix systems number alike.
#[cfg(unix)]
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 if cfg!(target_os = "linux") => "SIGBUS",
        10 if cfg!(target_vendor = "apple") => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    format!("{name} ({signal})")
}

fn shown(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// What a shell script printed, and how it ended.
    fn run(script: &str, limit: Duration) -> (Vec<String>, Ended) {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let ended = Keeper::default().run(&mut command, limit, |line| lines.push(line.to_owned())).unwrap();
        (lines, ended)
    }

    #[test]
    fn a_child_that_ends_tells_its_lines_and_its_exit_code() {
        let (lines, ended) = run("echo one; printf two; exit 3", LONG);
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(ended, Ended::Exited(3));
    }

    #[test]
    fn a_child_that_crashes_has_the_name_of_its_signal_and_what_it_said_before() {
        let (lines, ended) = run("echo one; kill -SEGV $$", LONG);
        assert_eq!(lines, ["one"]);
        assert_eq!(ended, Ended::Signal("SIGSEGV (11)".into()));
        assert_eq!(run("kill -ABRT $$", LONG).1.to_string(), "SIGABRT (6)");
    }

    #[test]
    fn a_child_that_does_not_end_is_killed_at_the_limit() {
        let limit = Duration::from_millis(50);
        let forever = "while :; do :; done";
        assert_eq!(run(forever, limit).1, Ended::TimedOut(limit));
        // Nor does one that has closed its output.
        assert_eq!(run(&format!("exec >&-; {forever}"), limit).1, Ended::TimedOut(limit));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_with_its_name() {
        let error = Keeper::default().run(&mut Command::new("no-such-program"), LONG, |_| ()).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
