//! The events of validation, of the end of an epoch and of the end of a fit.

use std::time::Duration;

use crate::{End, Evaluation};

/// Result of validation.
#[derive(Debug)]
#[non_exhaustive]
pub struct AfterValidation<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of completed steps over all epochs.
    pub step: u64,
    /// Loss and accuracy on the held-out samples.
    pub valid: Evaluation,
    /// The trained module. Validation used the module that
    /// [`Hook::for_validation`](crate::Hook::for_validation) made of it.
    pub model: &'a M,
}

impl<'a, M> AfterValidation<'a, M> {
    /// Validation of `epoch` (from 0) after `step` completed steps.
    pub fn new(epoch: u64, step: u64, valid: Evaluation, model: &'a M) -> Self {
        Self { epoch, step, valid, model }
    }
}

/// An epoch, after its validation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AfterEpoch {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Number of completed steps over all epochs.
    pub step: u64,
    /// Mean loss over the samples of this epoch, each at the step that trained on it.
    pub train_loss: f64,
    /// Result of validation, if there was one.
    pub valid: Option<Evaluation>,
    /// Training time of this epoch, validation excluded.
    pub time: Duration,
    /// Number of samples trained on in this epoch.
    pub samples: u64,
}

impl AfterEpoch {
    /// The end of `epoch` (from 0) after `step` completed steps. Defaults: no validation, no time, no
    /// samples.
    pub fn new(epoch: u64, step: u64, train_loss: f64) -> Self {
        Self { epoch, step, train_loss, valid: None, time: Duration::ZERO, samples: 0 }
    }

    /// Sets the result of validation.
    pub fn valid(self, valid: Evaluation) -> Self {
        Self { valid: Some(valid), ..self }
    }

    /// Sets the number of samples trained on in this epoch, and the training time.
    pub fn samples(self, samples: u64, time: Duration) -> Self {
        Self { samples, time, ..self }
    }
}

/// Sent after the last step of a fit.
#[derive(Debug)]
#[non_exhaustive]
pub struct FitEnd<'a, M> {
    /// Number of completed steps over all epochs.
    pub step: u64,
    /// Number of completed epochs.
    pub epochs: u64,
    /// Reason for the end.
    pub end: &'a End,
    /// The trained module.
    pub model: &'a M,
}

impl<'a, M> FitEnd<'a, M> {
    /// The end after `step` completed steps and `epochs` completed epochs.
    pub fn new(step: u64, epochs: u64, end: &'a End, model: &'a M) -> Self {
        Self { step, epochs, end, model }
    }
}
