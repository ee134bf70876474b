//! [`Status`]: everything that the page shows.

use std::time::{Duration, Instant};

use lenet_train::AfterEpoch;

use super::curve::Curve;
use super::misread::Misread;

/// Numbers and curves of a training until now.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) epochs: u64,
    /// The epoch, from 0.
    pub(super) epoch: u64,
    /// Number of completed steps.
    pub(super) step: u64,
    pub(super) total_steps: u64,
    pub(super) learning_rate: Option<f64>,
    pub(super) loss: Option<f32>,
    /// Loss of the last validation, and its accuracy in 0..=1.
    pub(super) valid: Option<(f64, Option<f64>)>,
    /// Samples per second since the page was last drawn.
    pub(super) speed: Option<f64>,
    /// Each curve has a point for some of the steps.
    pub(super) losses: Curve,
    pub(super) learning_rates: Curve,
    pub(super) valid_losses: Curve,
    /// In percent.
    pub(super) accuracies: Curve,
    pub(super) misread: Vec<Misread>,
    started: Instant,
    first_step: u64,
    /// Time of the last measurement of the speed, and the number of samples since then.
    measured: (Instant, u64),
}

impl Status {
    pub(super) fn new(epochs: u64) -> Self {
        let now = Instant::now();
        Self {
            epochs,
            epoch: 0,
            step: 0,
            total_steps: 0,
            learning_rate: None,
            loss: None,
            valid: None,
            speed: None,
            losses: Curve::new(),
            learning_rates: Curve::new(),
            valid_losses: Curve::new(),
            accuracies: Curve::new(),
            misread: Vec::new(),
            started: now,
            first_step: 0,
            measured: (now, 0),
        }
    }

    /// The fit begins after `step` steps, of `total_steps`.
    pub(super) fn start(&mut self, step: u64, total_steps: u64) {
        (self.step, self.first_step, self.total_steps) = (step, step, total_steps);
        (self.started, self.measured) = (Instant::now(), (Instant::now(), 0));
    }

    /// Counts the samples of a step.
    pub(super) fn count(&mut self, samples: u64) {
        self.measured.1 += samples;
    }

    /// Records a step.
    pub(super) fn step(&mut self, epoch: u64, step: u64, learning_rate: f64, loss: f32) {
        let (since, samples) = self.measured;
        (self.epoch, self.step) = (epoch, step);
        (self.learning_rate, self.loss) = (Some(learning_rate), Some(loss));
        self.speed = Some(samples as f64 / since.elapsed().as_secs_f64());
        self.measured = (Instant::now(), 0);
        self.losses.push(step as f64, f64::from(loss));
        self.learning_rates.push(step as f64, learning_rate);
    }

    /// Records the end of an epoch.
    pub(super) fn epoch(&mut self, epoch: &AfterEpoch) {
        (self.epoch, self.step) = (epoch.epoch, epoch.step);
        if let Some(valid) = epoch.valid {
            self.valid = Some((valid.loss, valid.accuracy));
            self.valid_losses.push(epoch.step as f64, valid.loss);
            self.accuracies.push(epoch.step as f64, 100.0 * valid.accuracy.unwrap_or(f64::NAN));
        }
        self.measured = (Instant::now(), 0); // Validation is not training.
    }

    /// Share of the steps that are done, in 0..=1.
    pub(super) fn done(&self) -> f64 {
        (self.step as f64 / self.total_steps.max(1) as f64).clamp(0.0, 1.0)
    }

    /// Time that the remaining steps take at the mean speed until now, validation included; `None` before the first
    /// step.
    pub(super) fn left(&self) -> Option<Duration> {
        let steps = self.step.checked_sub(self.first_step).filter(|steps| *steps > 0)?;
        let seconds = self.started.elapsed().as_secs_f64() / steps as f64;
        Duration::try_from_secs_f64(seconds * self.total_steps.saturating_sub(self.step) as f64).ok()
    }
}
