//! The events that a hook receives: one type each. Each has a constructor, for training loops without a
//! [`Trainer`](crate::Trainer); whatever the constructor does not take has a default.

use std::time::Duration;

use crate::{Gradients, LossValue};

/// Sent before the first step of a fit.
#[derive(Debug)]
#[non_exhaustive]
pub struct FitStart<'a, M> {
    /// Number of epochs planned.
    pub epochs: u64,
    /// Number of batches per epoch.
    pub batches: u64,
    /// Number of steps planned over all epochs.
    pub total_steps: u64,
    /// Number of steps completed before this fit; 0 unless it resumes from a checkpoint.
    pub step: u64,
    /// The module.
    pub model: &'a M,
}

impl<'a, M> FitStart<'a, M> {
    /// A fit of `epochs` epochs of `batches` batches each, from its first step.
    pub fn new(epochs: u64, batches: u64, model: &'a M) -> Self {
        Self { epochs, batches, total_steps: epochs.saturating_mul(batches), step: 0, model }
    }
}

/// Sent before the first step of an epoch. A fit that resumes in the middle of an epoch does not send it
/// again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EpochStart {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of completed steps over all epochs.
    pub step: u64,
}

impl EpochStart {
    /// The start of `epoch` (from 0) after `step` completed steps.
    pub fn new(epoch: u64, step: u64) -> Self {
        Self { epoch, step }
    }
}

/// A batch before it is used. Changes to `batch`, `batch_size` and `learning_rate` apply to this step.
#[derive(Debug)]
#[non_exhaustive]
pub struct BatchReady<'a, B> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of this step over all epochs, from 1.
    pub step: u64,
    /// Number of steps planned over all epochs.
    pub total_steps: u64,
    /// Number of samples in the batch: the batch's weight in the mean loss of the epoch.
    pub batch_size: u64,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// The batch.
    pub batch: &'a mut B,
}

impl<'a, B> BatchReady<'a, B> {
    /// Step `step` (from 1) with `batch` of `batch_size` samples. Defaults: epoch 0, no planned end.
    pub fn new(step: u64, batch: &'a mut B, batch_size: u64, learning_rate: f64) -> Self {
        Self { epoch: 0, step, total_steps: u64::MAX, batch_size, learning_rate, batch }
    }
}

/// The gradients of a step, before they update the module.
#[derive(Debug)]
#[non_exhaustive]
pub struct AfterBackward<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of this step over all epochs, from 1.
    pub step: u64,
    /// Whether this is the last step of its epoch.
    pub last_of_epoch: bool,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Loss of the batch.
    pub loss: &'a LossValue,
    /// The gradients, to read and to replace by the names of the parameters.
    pub gradients: &'a mut Gradients,
    /// The module before the update.
    pub model: &'a M,
}

impl<'a, M> AfterBackward<'a, M> {
    /// Step `step` (from 1). Defaults: epoch 0, not the last step of its epoch, learning rate NaN.
    pub fn new(step: u64, loss: &'a LossValue, gradients: &'a mut Gradients, model: &'a M) -> Self {
        Self { epoch: 0, step, last_of_epoch: false, learning_rate: f64::NAN, loss, gradients, model }
    }

    /// Sets whether this is the last step of its epoch.
    pub fn last_of_epoch(self, last_of_epoch: bool) -> Self {
        Self { last_of_epoch, ..self }
    }

    /// Sets the epoch (from 0) and the learning rate.
    pub fn at(self, epoch: u64, learning_rate: f64) -> Self {
        Self { epoch, learning_rate, ..self }
    }
}

/// A step, after its update.
#[derive(Debug)]
#[non_exhaustive]
pub struct AfterStep<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of completed steps over all epochs, this one included.
    pub step: u64,
    /// Number of steps planned over all epochs.
    pub total_steps: u64,
    /// Number of samples in the batch.
    pub batch_size: u64,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Loss of the batch, before the update.
    pub loss: LossValue,
    /// Whether the parameters were updated; false if a hook skipped the update.
    pub updated: bool,
    /// Time of each part of the step.
    pub timing: StepTiming,
    /// The module after the update.
    pub model: &'a M,
}

impl<'a, M> AfterStep<'a, M> {
    /// Step `step` (from 1) on `batch_size` samples. Defaults: epoch 0, no planned end, learning rate NaN,
    /// updated, no times.
    pub fn new(step: u64, batch_size: u64, loss: LossValue, model: &'a M) -> Self {
        let (epoch, total_steps, learning_rate, updated) = (0, u64::MAX, f64::NAN, true);
        let timing = StepTiming::default();
        Self { epoch, step, total_steps, batch_size, learning_rate, loss, updated, timing, model }
    }

    /// Sets whether the parameters were updated.
    pub fn updated(self, updated: bool) -> Self {
        Self { updated, ..self }
    }

    /// Sets the epoch (from 0) and the learning rate.
    pub fn at(self, epoch: u64, learning_rate: f64) -> Self {
        Self { epoch, learning_rate, ..self }
    }

    /// Sets the number of steps planned over all epochs.
    pub fn of_total(self, total_steps: u64) -> Self {
        Self { total_steps, ..self }
    }

    /// Sets the times.
    pub fn timing(self, timing: StepTiming) -> Self {
        Self { timing, ..self }
    }
}

/// Host time of each part of a step. A device that works through a queue may do the work later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepTiming {
    /// Time spent waiting for the batch.
    pub data: Duration,
    /// Time of the forward pass and the loss, the transfer of the batch included.
    pub forward: Duration,
    /// Time of the backward pass.
    pub backward: Duration,
    /// Time of the optimizer update, hooks excluded.
    pub update: Duration,
}
