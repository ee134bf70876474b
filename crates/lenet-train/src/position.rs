//! [`Position`]: where a training stands.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::fit::add_weighted;
use crate::{End, Error, LossValue, Outcome};

/// How far a training has come, and the sums that it reports.
pub(crate) struct Position {
    /// The epoch, from 0; after the last one, the number of epochs.
    pub(crate) epoch: u64,
    /// The number of the next batch in the epoch.
    pub(crate) batch: usize,
    /// The number of batches in an epoch.
    pub(crate) batches: usize,
    /// Batches gone through, over all epochs.
    pub(crate) step: u64,
    /// Samples trained on in this epoch.
    pub(crate) epoch_samples: u64,
    /// Samples trained on in the epochs before.
    samples: u64,
    /// Of the losses in this epoch, each times its samples; on the device.
    loss_sum: Option<Tensor<1>>,
    pub(crate) clock: Clock,
}

/// The time that training took.
#[derive(Default)]
pub(crate) struct Clock {
    /// In this epoch, until the clock was stopped last.
    pub(crate) epoch: Duration,
    /// In the epochs before.
    total: Duration,
    running: Option<Instant>,
}

/// A [`Position`] in a checkpoint. Numbers with a fraction are kept as bits, which no printing can change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedPosition {
    pub(crate) epoch: u64,
    pub(crate) batch: usize,
    pub(crate) step: u64,
    epoch_samples: u64,
    samples: u64,
    loss_sum_bits: Option<u32>,
    epoch_nanos: u64,
    total_nanos: u64,
}

impl Position {
    pub(crate) fn start(batches: usize) -> Self {
        Self {
            epoch: 0,
            batch: 0,
            batches,
            step: 0,
            epoch_samples: 0,
            samples: 0,
            loss_sum: None,
            clock: Clock::default(),
        }
    }

    /// Counts a batch, used or not.
    pub(crate) fn next_batch(&mut self) {
        self.batch += 1;
        self.step += 1;
    }

    /// Adds the loss of a batch that was used.
    pub(crate) fn add(&mut self, loss: &LossValue, samples: usize) {
        self.loss_sum = Some(add_weighted(self.loss_sum.take(), loss, samples));
        self.epoch_samples += samples as u64;
    }

    pub(crate) fn next_epoch(&mut self) {
        self.samples += self.epoch_samples;
        self.clock.total += self.clock.epoch;
        (self.epoch, self.batch, self.epoch_samples) = (self.epoch + 1, 0, 0);
        (self.loss_sum, self.clock.epoch) = (None, Duration::ZERO);
    }

    /// The sum of the losses in this epoch. Waits for the device.
    pub(crate) fn loss_sum(&self) -> Result<f32, Error> {
        let sum = self.loss_sum.clone().map(LossValue::new);
        sum.map_or(Ok(0.0), |sum| sum.get())
    }

    pub(crate) fn save(&self) -> Result<SavedPosition, Error> {
        let sum = self.loss_sum.is_some().then(|| self.loss_sum()).transpose()?;
        Ok(SavedPosition {
            epoch: self.epoch,
            batch: self.batch,
            step: self.step,
            epoch_samples: self.epoch_samples,
            samples: self.samples,
            loss_sum_bits: sum.map(f32::to_bits),
            epoch_nanos: self.clock.so_far().as_nanos() as u64,
            total_nanos: self.clock.total.as_nanos() as u64,
        })
    }

    /// Goes to where `saved` was; the sum of losses is put on `device`.
    pub(crate) fn restore(&mut self, saved: &SavedPosition, device: &Device) {
        let sum = |bits| {
            let sum = Tensor::<1>::from_data(TensorData::from([f32::from_bits(bits)]), device);
            if sum.is_autodiff() { sum.inner() } else { sum }
        };
        (self.epoch, self.batch, self.step) = (saved.epoch, saved.batch, saved.step);
        (self.epoch_samples, self.samples) = (saved.epoch_samples, saved.samples);
        self.loss_sum = saved.loss_sum_bits.map(sum);
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
