//! [`RateRangeTest`]: the learning-rate range test.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::state;
use crate::{AfterStep, BatchReady, Error, FitEnd, Flow, Hook};

/// Decay of the moving average that smooths the loss.
const SMOOTHING: f64 = 0.98;
/// The test ends when the smoothed loss exceeds its minimum by this factor.
const DIVERGED: f64 = 4.0;

/// Learning-rate range test: raises the learning rate at every step, evenly on a logarithmic scale, and
/// writes the loss over the learning rate to a file of comma-separated values when the fit ends:
/// `learning_rate,loss,smoothed_loss`. A good learning rate is near the one at which the smoothed loss falls
/// fastest, and below the one at which it begins to rise. (L. N. Smith, "Cyclical learning rates for training
/// neural networks", 2017, section 3.3; smoothing and end as in fastai.) **Waits for the device** at every
/// step.
#[derive(Clone, Debug)]
pub struct RateRangeTest {
    path: PathBuf,
    lowest: f64,
    highest: f64,
    steps: u64,
    mean: f64,
    /// Learning rate, loss and smoothed loss of each step, as bits.
    rows: Vec<[u64; 3]>,
}

impl RateRangeTest {
    /// Raises the learning rate from `lowest` to `highest` in `steps` steps, then writes the file at `path`.
    pub fn new(path: &Path, lowest: f64, highest: f64, steps: u64) -> Self {
        Self { path: path.to_owned(), lowest, highest, steps, mean: 0.0, rows: Vec::new() }
    }

    /// Learning rate and smoothed loss of each step.
    pub fn curve(&self) -> impl Iterator<Item = (f64, f64)> {
        self.rows.iter().map(|[rate, _, smoothed]| (f64::from_bits(*rate), f64::from_bits(*smoothed)))
    }

    /// Learning rate at which the smoothed loss falls fastest over the logarithm of the learning rate; `None`
    /// if it never falls. Compares steps that are a tenth of the test apart, because the difference of two
    /// neighbours is mostly noise.
    pub fn steepest(&self) -> Option<f64> {
        let curve: Vec<(f64, f64)> = self.curve().collect();
        let span = (self.steps as usize / 10).max(1);
        let falls = curve.windows(span + 1).map(|part| (part[span / 2].0, part[span].1 - part[0].1));
        let falls = falls.filter(|(_, fall)| fall.is_finite()); // A diverged loss may be NaN.
        let (rate, fall) = falls.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (fall < 0.0).then_some(rate)
    }
}

impl<M, B> Hook<M, B> for RateRangeTest {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        let share = self.rows.len() as f64 / self.steps.saturating_sub(1).max(1) as f64;
        ready.learning_rate = self.lowest * libm::pow(self.highest / self.lowest, share);
        Ok(Flow::Continue)
    }

    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        let loss = f64::from(step.loss.get()?);
        self.mean = SMOOTHING * self.mean + (1.0 - SMOOTHING) * loss;
        let smoothed = self.mean / (1.0 - SMOOTHING.powi(self.rows.len() as i32 + 1));
        self.rows.push([step.learning_rate, loss, smoothed].map(f64::to_bits));
        let best = self.curve().map(|(_, smoothed)| smoothed).fold(f64::INFINITY, f64::min);
        if self.rows.len() as u64 >= self.steps {
            return Ok(Flow::EndFit("the learning-rate range test is over".into()));
        }
        if smoothed.is_nan() || smoothed > DIVERGED * best {
            return Ok(Flow::EndFit("the learning-rate range test is over: the loss rises".into()));
        }
        Ok(Flow::Continue)
    }

    fn fit_end(&mut self, _: &FitEnd<'_, M>) -> Result<(), Error> {
        let mut text = "learning_rate,loss,smoothed_loss\n".to_owned();
        for row in &self.rows {
            let [rate, loss, smoothed] = row.map(f64::from_bits);
            let _ = writeln!(text, "{rate},{loss},{smoothed}"); // A String takes whatever is written.
        }
        Ok(lenet_files::write(&self.path, text.as_bytes())?)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        state::to_json("RateRangeTest", &(self.mean.to_bits(), &self.rows))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let (mean, rows) = state::from_json("RateRangeTest", state)?;
        (self.mean, self.rows) = (f64::from_bits(mean), rows);
        Ok(())
    }
}
