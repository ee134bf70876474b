//! What a hook is told: one type for each event.

use std::any::Any;
use std::cell::OnceCell;
use std::time::Duration;

use burn::tensor::Tensor;

use crate::{End, Error, Evaluation, Gradients};

/// Before the first step of a fit.
pub struct FitStart<'a, M> {
    /// How many epochs there are to be.
    pub epochs: u64,
    /// The number of batches in an epoch.
    pub batches: usize,
    /// How many steps all epochs have together.
    pub total_steps: u64,
    /// How many steps were made before this fit; 0 unless it goes on from a checkpoint.
    pub step: u64,
    /// The module.
    pub model: &'a M,
}

/// Before the first step of an epoch. A fit that goes on in the middle of one does not tell of it again.
#[derive(Clone, Debug)]
pub struct EpochStart {
    /// The epoch, from 0.
    pub epoch: u64,
    /// How many steps have been made over all epochs.
    pub step: u64,
}

/// A batch before it is used. What is changed here holds for this step.
pub struct BatchReady<'a> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// The number of this step, from 1, over all epochs.
    pub step: u64,
    /// How many steps all epochs have together.
    pub total_steps: u64,
    /// The number of samples in the batch, its weight in the mean loss of the epoch.
    pub batch_size: usize,
    /// The learning rate of this step.
    pub learning_rate: f64,
    pub(crate) batch: &'a mut dyn Any,
}

impl<'a> BatchReady<'a> {
    /// For a loop of your own.
    pub fn new<B: 'static>(step: u64, batch: &'a mut B, batch_size: usize, learning_rate: f64) -> Self {
        Self { epoch: 0, step, total_steps: u64::MAX, batch_size, learning_rate, batch }
    }

    /// The batch, if it is of this type, to look at or to change.
    pub fn batch<B: 'static>(&mut self) -> Option<&mut B> {
        self.batch.downcast_mut()
    }
}

/// The gradients of a step, before they change the module.
pub struct AfterBackward<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// The number of this step, from 1, over all epochs.
    pub step: u64,
    /// Whether no other step follows in this epoch.
    pub last_of_epoch: bool,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// The loss of the batch.
    pub loss: &'a LossValue,
    /// To read and to replace, by the parameters' names.
    pub gradients: &'a mut Gradients,
    /// The module, before the update.
    pub model: &'a M,
}

/// One step, after its update.
pub struct AfterStep<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// How many steps have been made, this one included, over all epochs.
    pub step: u64,
    /// How many steps all epochs have together.
    pub total_steps: u64,
    /// The number of samples in the batch.
    pub batch_size: usize,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// The loss of the batch, before the update.
    pub loss: LossValue,
    /// Whether there was an update: not if a hook skipped it.
    pub updated: bool,
    /// Where the time went.
    pub timing: StepTiming,
    /// The module, after the update.
    pub model: &'a M,
}

/// Where the time of a step went, on the host: a device that works through a queue may do the work later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepTiming {
    /// Waiting for the batch.
    pub data: Duration,
    /// Computing the loss, the transfer of the batch included.
    pub forward: Duration,
    /// Computing the gradients.
    pub backward: Duration,
    /// Changing the parameters, without the hooks.
    pub update: Duration,
}

/// What validation found.
pub struct AfterValidation<'a, M> {
    /// The epoch, from 0.
    pub epoch: u64,
    /// How many steps have been made over all epochs.
    pub step: u64,
    /// Loss and accuracy on the held-out samples.
    pub valid: Evaluation,
    /// The trained module. Validation judged what the hooks made of it: see [`Hook::for_validation`](crate::Hook).
    pub model: &'a M,
}

/// One epoch, after its validation.
#[derive(Clone, Debug)]
pub struct AfterEpoch {
    /// The epoch, from 0.
    pub epoch: u64,
    /// How many steps have been made over all epochs.
    pub step: u64,
    /// The mean loss over the samples of this epoch, each at the step that trained on it.
    pub train_loss: f64,
    /// What validation found, if there is one.
    pub valid: Option<Evaluation>,
    /// Time spent on training in this epoch, without validation.
    pub time: Duration,
    /// How many samples were trained on in this epoch.
    pub samples: u64,
}

/// After the last step of a fit.
pub struct FitEnd<'a, M> {
    /// How many steps have been made over all epochs.
    pub step: u64,
    /// How many epochs are finished.
    pub epochs: u64,
    /// Why the fit ended.
    pub end: &'a End,
    /// The trained module.
    pub model: &'a M,
}

/// A loss that stays on its device until somebody asks for it.
pub struct LossValue {
    tensor: Tensor<1>,
    value: OnceCell<f32>,
}

impl LossValue {
    /// A loss, as a tensor `[1]` without autodiff.
    pub fn new(tensor: Tensor<1>) -> Self {
        Self { tensor, value: OnceCell::new() }
    }

    /// The number. **Waits for the device** the first time it is called.
    ///
    /// # Errors
    /// [`Error::Device`] if the device failed.
    pub fn get(&self) -> Result<f32, Error> {
        if let Some(value) = self.value.get() {
            return Ok(*value);
        }
        let value = self.tensor.clone().try_into_scalar::<f32>();
        let value = value.map_err(|error| Error::Device(error.to_string()))?;
        Ok(*self.value.get_or_init(|| value))
    }

    /// The loss on its device, `[1]`. Does not wait.
    pub fn tensor(&self) -> Tensor<1> {
        self.tensor.clone()
    }
}
