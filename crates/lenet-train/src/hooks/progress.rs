//! [`Progress`]: a progress bar on a terminal, and a line per epoch.

use std::io::{Write, stdout};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::clock::Instant;
use crate::{AfterEpoch, AfterStep, Error, Flow, Hook};

/// Interval between updates of the bar. Reading the loss waits for the device, so the bar does not change at
/// every step.
const REFRESH: Duration = Duration::from_millis(200);

/// The bar, in indicatif's notation.
const TEMPLATE: &str = "{msg}  {wide_bar}  {pos}/{len} steps  {eta} left";

/// Shows the progress of a training: a bar with speed, loss and remaining time on standard error if that is a
/// terminal, and a line per epoch on standard output, which fits into 80 columns: the mean training loss, the loss
/// and accuracy on the validation set, time and speed. Output that cannot be written is dropped: it must not
/// end a training.
#[derive(Debug)]
pub struct Progress {
    epochs: u64,
    bar: ProgressBar,
    refreshed: Instant,
    samples: u64,
    unit: &'static str,
}

impl Progress {
    /// Shows a training of `epochs` epochs, with the speed in samples/s.
    pub fn new(epochs: u64) -> Self {
        let bar = ProgressBar::no_length(); // Hidden where standard error is no terminal.
        // The template is a constant, and a test parses it.
        let style = ProgressStyle::with_template(TEMPLATE);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { epochs, bar, refreshed: Instant::now(), samples: 0, unit: "samples" }
    }

    /// Names the samples in the speed: `unit("images")` shows images/s.
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }
}

impl<M, B> Hook<M, B> for Progress {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        self.samples += step.batch_size;
        let elapsed = self.refreshed.elapsed();
        if !self.bar.is_hidden() && elapsed >= REFRESH {
            let rate = HumanCount((self.samples as f64 / elapsed.as_secs_f64()) as u64);
            let (epoch, loss, unit) = (step.epoch.saturating_add(1), step.loss.get()?, self.unit);
            self.bar.set_length(step.total_steps);
            self.bar.set_message(format!("epoch {epoch}/{}  loss {loss:.4}  {rate} {unit}/s", self.epochs));
            self.bar.set_position(step.step);
            (self.refreshed, self.samples) = (Instant::now(), 0);
        }
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let seconds = epoch.time.as_secs_f64();
        let mut line =
            format!("epoch {}/{}  loss {:.4}", epoch.epoch.saturating_add(1), self.epochs, epoch.train_loss);
        if let Some(valid) = epoch.valid {
            line += &format!("  validation {:.4}", valid.loss);
            if let Some(accuracy) = valid.accuracy {
                line += &format!(", {:.2} %", 100.0 * accuracy);
            }
        }
        let rate = HumanCount((epoch.samples as f64 / seconds) as u64);
        line += &format!("  {seconds:.1} s  {rate} {}/s", self.unit);
        // An error must not end the training.
        let _ = self.bar.suspend(|| writeln!(stdout(), "{line}"));
        (self.refreshed, self.samples) = (Instant::now(), 0);
        if epoch.epoch + 1 == self.epochs {
            self.bar.finish_and_clear();
        }
        Ok(Flow::Continue)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
