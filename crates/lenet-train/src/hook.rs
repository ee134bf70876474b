//! [`Hook`]: what watches and steers a training.

use std::cell::OnceCell;
use std::time::Duration;

use burn::tensor::Tensor;

use crate::{Error, Evaluation};

/// Code that a [`Trainer`](crate::Trainer) calls as it goes on. Every event has a default that does nothing.
///
/// ```
/// use lenet_train::{AfterStep, Error, Flow, Hook};
///
/// /// Ends the fit as soon as the loss is low enough.
/// struct GoodEnough(f32);
///
/// impl<M> Hook<M> for GoodEnough {
///     fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
///         let good = step.loss.get()? < self.0;
///         Ok(if good { Flow::EndFit("good enough".into()) } else { Flow::Continue })
///     }
/// }
/// ```
pub trait Hook<M> {
    /// The parameters have been updated.
    ///
    /// # Errors
    /// An error ends the fit and is returned from it.
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        let _ = step;
        Ok(Flow::Continue)
    }

    /// An epoch is over, its validation included.
    ///
    /// # Errors
    /// An error ends the fit and is returned from it.
    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        let _ = epoch;
        Ok(Flow::Continue)
    }
}

/// How the training goes on after a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// As if there were no hook.
    Continue,
    /// Not at all, for a reason that [`Outcome`](crate::Outcome) keeps.
    EndFit(String),
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
    /// The module, after the update.
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
}
