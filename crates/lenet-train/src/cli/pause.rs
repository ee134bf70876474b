//! [`PauseAfter`]: ends a fit after some of its epochs.

use lenet_train::{AfterEpoch, Error, FitStart, Flow, Hook};

/// A hook that ends the fit after so many epochs, validation included, if it has more. The schedule is that of all epochs,
/// so that a fit that resumes goes on as if it had not been stopped.
#[derive(Clone, Debug)]
pub(super) struct PauseAfter {
    epochs: u64,
    planned: u64,
}

impl PauseAfter {
    /// Reason of the end of a fit that this hook ended.
    pub(super) const REASON: &str = "paused";

    pub(super) fn new(epochs: u64) -> Self {
        Self { epochs, planned: u64::MAX }
    }
}

impl<M, B> Hook<M, B> for PauseAfter {
    fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
        self.planned = start.epochs;
        Ok(())
    }

    fn after_epoch(&mut self, event: &AfterEpoch) -> Result<Flow, Error> {
        let done = event.epoch + 1;
        Ok(match done >= self.epochs && done < self.planned {
            true => Flow::EndFit(Self::REASON.into()),
            false => Flow::Continue,
        })
    }
}
