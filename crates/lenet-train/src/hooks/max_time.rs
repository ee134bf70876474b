//! [`MaxTime`]: a limit of the time of a fit.

use std::time::Duration;

use crate::clock::Instant;
use crate::{AfterEpoch, AfterStep, Error, FitStart, Flow, Hook};

/// Ends the fit after the step in which a limit of wall-clock time is reached, validation included. The time
/// begins with the fit; a fit that resumes has all of it again. The schedule does not know of the limit.
///
/// ```
/// use std::time::Duration;
/// use lenet_train::hooks::MaxTime;
///
/// let a_minute = MaxTime::new(Duration::from_secs(60)); // for `.hook(…)`
/// ```
#[derive(Clone, Debug)]
pub struct MaxTime {
    limit: Duration,
    start: Instant,
}

impl MaxTime {
    /// Reason of the end of a fit that this hook ended.
    pub const REASON: &str = "time is up";

    /// Ends a fit after `limit`; however short the limit is, a fit makes a step or ends an epoch.
    pub fn new(limit: Duration) -> Self {
        Self { limit, start: Instant::now() }
    }

    fn flow(&self) -> Flow {
        if self.start.elapsed() >= self.limit { Flow::EndFit(Self::REASON.into()) } else { Flow::Continue }
    }
}

impl<M, B> Hook<M, B> for MaxTime {
    fn fit_start(&mut self, _: &FitStart<'_, M>) -> Result<(), Error> {
        self.start = Instant::now();
        Ok(())
    }

    fn after_step(&mut self, _: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(self.flow())
    }

    fn after_epoch(&mut self, _: &AfterEpoch) -> Result<Flow, Error> {
        Ok(self.flow())
    }
}
