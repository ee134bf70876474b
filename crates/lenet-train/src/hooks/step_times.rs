//! [`StepTimes`]: mean times of the parts of a step.

use std::fmt;
use std::time::Duration;

use crate::{AfterStep, Error, Flow, Hook, StepTiming};

/// Measures the mean time of each part of a step. `Display` formats the means: `data 0.0 ms, forward 3.2 ms,
/// …`.
#[derive(Clone, Debug, Default)]
pub struct StepTimes {
    sum: StepTiming,
    steps: u32,
}

impl StepTimes {
    /// No steps yet. Lend the hook to a trainer with `.hook(&mut times)`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Mean times of a step; zero before the first.
    pub fn mean(&self) -> StepTiming {
        let mean = |sum: Duration| sum.checked_div(self.steps).unwrap_or_default();
        let StepTiming { data, forward, backward, update } = self.sum;
        StepTiming {
            data: mean(data),
            forward: mean(forward),
            backward: mean(backward),
            update: mean(update),
        }
    }
}

impl<M, B> Hook<M, B> for StepTimes {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        let StepTiming { data, forward, backward, update } = step.timing;
        self.sum.data += data;
        self.sum.forward += forward;
        self.sum.backward += backward;
        self.sum.update += update;
        self.steps += 1;
        Ok(Flow::Continue)
    }
}

impl fmt::Display for StepTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| 1e3 * time.as_secs_f64();
        let StepTiming { data, forward, backward, update } = self.mean();
        let (data, forward) = (ms(data), ms(forward));
        let (backward, update) = (ms(backward), ms(update));
        write!(
            f,
            "data {data:.1} ms, forward {forward:.1} ms, backward {backward:.1} ms, update {update:.1} ms"
        )
    }
}
