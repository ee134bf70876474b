//! Ctrl-C and its like: the fit ends after the current step, and the weights are saved.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lenet_train::{AfterEpoch, AfterStep, Error, Flow, Hook};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::print::print_note;

/// Reason of the end of the fit, in the metrics of the run.
pub(super) const REASON: &str = "interrupted";

#[cfg(unix)]
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// A hook that ends the fit after SIGINT (Ctrl-C), SIGTERM or SIGHUP. A second signal ends the program at
/// once. A signal that was ignored when the program started, as SIGHUP under `nohup`, stays ignored.
#[derive(Clone, Debug)]
pub(super) struct Interrupt {
    /// The signal; 0 before the first one.
    signal: Arc<AtomicUsize>,
    /// Whether there was a signal: the next one ends the program.
    #[cfg_attr(not(feature = "dashboard"), expect(dead_code, reason = "the handlers have it, too"))]
    is_second: Arc<AtomicBool>,
    is_announced: bool,
}

impl Interrupt {
    /// Installs the handlers.
    pub(super) fn watch() -> io::Result<Self> {
        let (signal, is_second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for number in SIGNALS.into_iter().filter(|number| !is_ignored(*number)) {
            // Handlers run in the order of their registration, so the first signal only sets the flags.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&is_second))?;
            flag::register(number, Arc::clone(&is_second))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        }
        Ok(Self { signal, is_second, is_announced: false })
    }

    /// Acts as the first Ctrl-C does.
    #[cfg(feature = "dashboard")]
    pub(super) fn request(&self) {
        self.is_second.store(true, Ordering::Relaxed);
        self.signal.store(SIGINT as usize, Ordering::Relaxed);
    }

    /// Whether there was a signal.
    pub(super) fn is_requested(&self) -> bool {
        self.signal.load(Ordering::Relaxed) != 0
    }

    /// Exit code of a fit that a signal ended: 128 + the signal, by the convention of Unix shells.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(128 + self.signal.load(Ordering::Relaxed) as u8)
    }

    fn flow(&mut self) -> Flow {
        if !self.is_requested() {
            return Flow::Continue;
        }
        if !self.is_announced {
            print_note("interrupted: saving what was learnt (again to stop at once)");
            self.is_announced = true;
        }
        Flow::EndFit(REASON.into())
    }
}

impl<M, B> Hook<M, B> for Interrupt {
    fn after_step(&mut self, _: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(self.flow())
    }

    /// For signals during validation.
    fn after_epoch(&mut self, _: &AfterEpoch) -> Result<Flow, Error> {
        Ok(self.flow())
    }
}

/// Whether this process was started with the signal ignored. Linux tells in a file; elsewhere a child
/// process, which inherits ignored signals, sends itself the signal and survives.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) {
        Some(mask) => mask >> (signal - 1) & 1 == 1,
        None => {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!("kill -{signal} $$")]).status().is_ok_and(|status| status.success())
        }
    }
}

/// Windows has no ignored signals.
#[cfg(not(unix))]
fn is_ignored(_: i32) -> bool {
    false
}
