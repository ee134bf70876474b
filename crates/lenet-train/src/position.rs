//! [`Position`]: progress of a training through its epochs and batches.

use std::time::Duration;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::clock::Instant;
use crate::{End, Error, LossValue, Outcome};

/// Progress of a training, and the sums that it reports.
pub(crate) struct Position {
    /// The epoch, from 0; after the last one, the number of epochs.
    pub(crate) epoch: u64,
    /// Index of the next batch in the epoch.
    pub(crate) batch: u64,
    /// Number of batches per epoch.
    pub(crate) batches: u64,
    /// Number of batches processed over all epochs.
    pub(crate) step: u64,
    /// Number of batches left out over all epochs, because a hook ended the epoch early. `None` after
    /// resuming from a checkpoint that does not tell.
    left_out: Option<u64>,
    /// Number of samples trained on in this epoch.
    pub(crate) epoch_samples: u64,
    /// Number of samples trained on in earlier epochs.
    samples: u64,
    /// Sum of the losses of this epoch, each multiplied by its number of samples.
    loss_sum: Option<LossSum>,
    pub(crate) clock: Clock,
}

/// Training time.
#[derive(Default)]
pub(crate) struct Clock {
    /// Time in this epoch until the clock was last stopped.
    pub(crate) epoch: Duration,
    /// Time in earlier epochs.
    total: Duration,
    running: Option<Instant>,
}

/// A [`Position`] in a checkpoint. Floats are stored as bits, which formatting cannot change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedPosition {
    pub(crate) epoch: u64,
    pub(crate) batch: u64,
    pub(crate) step: u64,
    #[serde(default)]
    left_out: Option<u64>,
    epoch_samples: u64,
    samples: u64,
    loss_sum_bits: Option<u32>,
    epoch_nanos: u64,
    total_nanos: u64,
}

impl Position {
    pub(crate) fn start(batches: u64) -> Self {
        Self {
            epoch: 0,
            batch: 0,
            batches,
            step: 0,
            left_out: Some(0),
            epoch_samples: 0,
            samples: 0,
            loss_sum: None,
            clock: Clock::default(),
        }
    }

    /// Whether a training of `epochs` epochs and `total_steps` steps is over. After its last step, the events
    /// of the end of the epoch may be missing.
    pub(crate) fn is_over(&self, epochs: u64, total_steps: u64) -> bool {
        self.epoch >= epochs || (self.step >= total_steps && self.batch == 0)
    }

    /// Counts a batch, used or not.
    pub(crate) fn next_batch(&mut self) {
        self.batch += 1;
        self.step += 1;
    }

    /// Leaves out the batches that remain in this epoch.
    pub(crate) fn skip_to_end_of_epoch(&mut self) {
        let rest = self.batches - self.batch;
        self.left_out = self.left_out.map(|left_out| left_out + rest);
        self.batch = self.batches;
    }

    /// Adds the loss of a batch that was used.
    pub(crate) fn add(&mut self, loss: &LossValue, samples: u64) {
        self.loss_sum = Some(LossSum::after(self.loss_sum.take(), loss, samples));
        self.epoch_samples += samples;
    }

    pub(crate) fn next_epoch(&mut self) {
        self.samples += self.epoch_samples;
        self.clock.total += self.clock.epoch;
        (self.epoch, self.batch, self.epoch_samples) = (self.epoch + 1, 0, 0);
        (self.loss_sum, self.clock.epoch) = (None, Duration::ZERO);
    }

    /// Sum of the losses in this epoch. Waits for the device.
    pub(crate) fn loss_sum(&self) -> Result<f32, Error> {
        match &self.loss_sum {
            None => Ok(0.0),
            Some(LossSum::Host(sum)) => Ok(*sum),
            Some(LossSum::Device(sum)) => LossValue::new(sum.clone()).get(),
        }
    }

    pub(crate) fn save(&self) -> Result<SavedPosition, Error> {
        let sum = self.loss_sum.is_some().then(|| self.loss_sum()).transpose()?;
        Ok(SavedPosition {
            epoch: self.epoch,
            batch: self.batch,
            step: self.step,
            left_out: self.left_out,
            epoch_samples: self.epoch_samples,
            samples: self.samples,
            loss_sum_bits: sum.map(f32::to_bits),
            epoch_nanos: self.clock.so_far().as_nanos() as u64,
            total_nanos: self.clock.total.as_nanos() as u64,
        })
    }

    /// Restores `saved`.
    pub(crate) fn restore(&mut self, saved: &SavedPosition) {
        (self.epoch, self.batch, self.step) = (saved.epoch, saved.batch, saved.step);
        self.left_out = saved.left_out;
        (self.epoch_samples, self.samples) = (saved.epoch_samples, saved.samples);
        self.loss_sum = saved.loss_sum_bits.map(|bits| LossSum::Host(f32::from_bits(bits)));
        self.clock.epoch = Duration::from_nanos(saved.epoch_nanos);
        self.clock.total = Duration::from_nanos(saved.total_nanos);
    }

    pub(crate) fn outcome<M>(&self, model: M, end: End) -> Outcome<M> {
        Outcome {
            model,
            steps: self.step,
            epochs: self.epoch,
            training_time: self.clock.total + self.clock.so_far(),
            samples: self.samples + self.epoch_samples,
            end,
        }
    }
}

/// A sum of losses.
#[allow(clippy::large_enum_variant, reason = "there is one value for each training")]
enum LossSum {
    /// Where the losses can be read without waiting, and after a resume.
    Host(f32),
    /// `[1]`.
    Device(Tensor<1>),
}

impl LossSum {
    /// The sum after the loss of a batch of `samples`. Both ways compute the same bits.
    fn after(sum: Option<Self>, loss: &LossValue, samples: u64) -> Self {
        if let (None | Some(Self::Host(_)), Some(loss)) = (&sum, loss.on_host()) {
            let weighted = loss * samples as f32;
            return Self::Host(if let Some(Self::Host(sum)) = sum { sum + weighted } else { weighted });
        }
        let weighted = loss.tensor().mul_scalar(samples as f64);
        Self::Device(match sum {
            Some(Self::Device(sum)) => sum.add(weighted),
            Some(Self::Host(sum)) => weighted.add_scalar(sum),
            None => weighted,
        })
    }
}

impl SavedPosition {
    /// Checks that a training of `epochs` epochs of `batches` batches can have been here; else returns the
    /// reason.
    pub(crate) fn check(&self, epochs: u64, batches: u64) -> Result<(), String> {
        let Self { epoch, batch, step, .. } = *self;
        if epoch > epochs || (epoch == epochs && batch > 0) {
            return Err(format!("its position is epoch {epoch}, batch {batch}, of {epochs} epochs"));
        }
        if batch > batches {
            return Err(format!("its position is batch {batch} of {batches} in an epoch"));
        }
        let passed = u128::from(epoch) * u128::from(batches) + u128::from(batch);
        let (step, left_out) = (u128::from(step), self.left_out.map(u128::from));
        if step > passed || left_out.is_some_and(|left_out| step + left_out != passed) {
            return Err(format!(
                "its position counts {step} steps, expected {}",
                passed - left_out.unwrap_or(0).min(passed)
            ));
        }
        Ok(())
    }
}

impl Clock {
    pub(crate) fn start(&mut self) {
        self.running = Some(Instant::now());
    }

    pub(crate) fn stop(&mut self) {
        self.epoch = self.so_far();
        self.running = None;
    }

    fn so_far(&self) -> Duration {
        self.epoch + self.running.map_or(Duration::ZERO, |since| since.elapsed())
    }
}
