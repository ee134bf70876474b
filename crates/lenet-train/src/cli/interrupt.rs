//! Ctrl-C: the fit ends after the current step, and what was learnt is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lenet_train::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// The exit code of a program that was interrupted, by the convention of Unix shells: 128 + SIGINT.
pub(super) const EXIT_CODE: u8 = 130;

/// Why the fit ended, as the run's metrics tell it.
pub(super) const REASON: &str = "interrupted";

/// A hook that ends the fit once Ctrl-C (or SIGTERM) was seen. The second one ends the program at once.
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to watch.
    pub(super) fn watch() -> Result<Self, ctrlc::Error> {
        let seen = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&seen);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(EXIT_CODE));
            }
            eprintln!("interrupted: saving what was learnt (again to stop at once)");
        })?;
        Ok(Self(seen))
    }
}

impl Interrupt {
    fn flow(&self) -> Flow {
        let seen = self.0.load(Ordering::Relaxed);
        if seen { Flow::EndFit(REASON.into()) } else { Flow::Continue }
    }
}

impl<M> Hook<M> for Interrupt {
    fn after_step(&mut self, _: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(self.flow())
    }

    /// During validation, too.
    fn after_epoch(&mut self, _: &AfterEpoch) -> Result<Flow, Error> {
        Ok(self.flow())
    }
}
