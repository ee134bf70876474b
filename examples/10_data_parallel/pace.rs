//! [`Pace`]: a hook that measures the time of each update.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use lenet_train::{AfterStep, BatchReady, Error, Flow, Hook};

/// Measures the time from the first batch of an update to its end; checkpoints are not part of it.
pub struct Pace<'a> {
    /// Time of each update so far.
    pub times: &'a RefCell<Vec<Duration>>,
    /// Beginning of the update that is under way.
    pub begun: Option<Instant>,
}

impl<M, B> Hook<M, B> for Pace<'_> {
    fn batch_ready(&mut self, _: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        self.begun.get_or_insert_with(Instant::now);
        Ok(Flow::Continue)
    }

    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        if step.updated {
            self.times.borrow_mut().extend(self.begun.take().map(|begun| begun.elapsed()));
        }
        Ok(Flow::Continue)
    }
}

/// The median of `times`; `None` if there are none.
pub fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}
