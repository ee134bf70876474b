//! [`Trainer`]: the loop.

use std::fmt;
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_data::{Loader, Samples};

use crate::{AfterEpoch, AfterStep, Error, Evaluation, Flow, Hook, LossValue, Optimizer, Schedule};

type LossOf<'a, M, B> = Box<dyn FnMut(&M, B) -> Tensor<1> + 'a>;
type Validate<'a, M> = Box<dyn FnMut(&M) -> Result<Evaluation, Error> + 'a>;

/// Trains a module of type `M` on batches of type `B`.
///
/// What it is not told it does plainly: one epoch of SGD at a learning rate of 0.01, without validation or
/// hooks.
pub struct Trainer<'a, M, B> {
    loss: LossOf<'a, M, B>,
    optimizer: Optimizer,
    schedule: Schedule,
    epochs: u64,
    validate: Option<Validate<'a, M>>,
    hooks: Vec<Box<dyn Hook<M> + 'a>>,
}

/// What became of a training.
#[derive(Debug)]
pub struct Outcome<M> {
    /// The trained module, on the device (with autodiff) that it came on.
    pub model: M,
    /// How many steps were made, over all epochs.
    pub steps: u64,
    /// How many epochs were finished.
    pub epochs: u64,
    /// Time spent on training itself: batches, steps and hooks, without validation.
    pub training_time: Duration,
    /// How many samples were trained on, each as often as it was.
    pub samples: u64,
    /// Why it ended.
    pub end: End,
}

/// Why a training ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Completed,
    /// A hook ended it, for this reason.
    Hook(String),
}

impl fmt::Display for End {
    /// `completed`, or the hook's reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Hook(reason) => f.write_str(reason),
        }
    }
}

impl<'a, M: Module, B: Send + 'static> Trainer<'a, M, B> {
    /// A trainer for the loss (a tensor `[1]`) that `loss` computes of a module and a batch.
    pub fn new(loss: impl FnMut(&M, B) -> Tensor<1> + 'a) -> Self {
        Self {
            loss: Box::new(loss),
            optimizer: Optimizer::sgd(),
            schedule: Schedule::Constant { learning_rate: 0.01 },
            epochs: 1,
            validate: None,
            hooks: Vec::new(),
        }
    }

    /// How the gradients change the parameters.
    pub fn optimizer(self, optimizer: Optimizer) -> Self {
        Self { optimizer, ..self }
    }

    /// The learning rate of each step.
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// How often to go through the samples.
    pub fn epochs(self, epochs: u64) -> Self {
        Self { epochs, ..self }
    }

    /// Evaluates the module after each epoch. The closure gets it without autodiff.
    pub fn validate(self, validate: impl FnMut(&M) -> Result<Evaluation, Error> + 'a) -> Self {
        Self { validate: Some(Box::new(validate)), ..self }
    }

    /// Adds a hook. Hooks are called in the order in which they were added.
    pub fn hook(mut self, hook: impl Hook<M> + 'a) -> Self {
        self.hooks.push(Box::new(hook));
        self
    }

    /// Trains `model`, which must be on a device with autodiff.
    ///
    /// # Errors
    /// [`Error::NoGradient`] if it is not, [`Error::Data`] from the loader, and what validation and the hooks
    /// return.
    pub fn fit<S: Samples<Batch = B>>(mut self, model: M, train: &Loader<S>) -> Result<Outcome<M>, Error> {
        let mut optimizer = self.optimizer.init();
        let total_steps = self.epochs.saturating_mul(train.batches() as u64);
        let mut outcome = Outcome {
            model,
            steps: 0,
            epochs: 0,
            training_time: Duration::ZERO,
            samples: 0,
            end: End::Completed,
        };
        for epoch in 0..self.epochs {
            let start = Instant::now();
            let mut loss_sum: Option<Tensor<1>> = None;
            let mut samples = 0;
            for (number, batch) in train.epoch(epoch).enumerate() {
                let batch_size = train.batch_len(number);
                let learning_rate = self.schedule.learning_rate(outcome.steps, total_steps);

                let loss = (self.loss)(&outcome.model, batch?);
                if !loss.is_tracked() {
                    return Err(Error::NoGradient);
                }
                let gradients = GradientsParams::from_grads(loss.backward(), &outcome.model);
                outcome.model = optimizer.step(learning_rate, outcome.model, gradients);

                let loss = loss.inner();
                let weighted = loss.clone().mul_scalar(batch_size as f64);
                loss_sum = Some(match loss_sum {
                    Some(sum) => sum.add(weighted),
                    None => weighted,
                });
                samples += batch_size as u64;
                outcome.steps += 1;
                let event = AfterStep {
                    epoch,
                    step: outcome.steps,
                    total_steps,
                    batch_size,
                    learning_rate,
                    loss: LossValue::new(loss),
                    model: &outcome.model,
                };
                if let Flow::EndFit(reason) = tell(&mut self.hooks, |hook| hook.after_step(&event))? {
                    outcome.training_time += start.elapsed();
                    outcome.samples += samples;
                    outcome.end = End::Hook(reason);
                    return Ok(outcome);
                }
            }
            let Some(loss_sum) = loss_sum else { continue };
            // Reading the sum waits for the device, so the time below is that of work done, not queued.
            let train_loss = f64::from(LossValue::new(loss_sum).get()?) / samples as f64;
            let time = start.elapsed();
            outcome.training_time += time;
            outcome.samples += samples;
            outcome.epochs += 1;
            let valid = match &mut self.validate {
                Some(validate) => Some(validate(&outcome.model.valid())?),
                None => None,
            };
            let event = AfterEpoch { epoch, step: outcome.steps, train_loss, valid, time, samples };
            if let Flow::EndFit(reason) = tell(&mut self.hooks, |hook| hook.after_epoch(&event))? {
                outcome.end = End::Hook(reason);
                return Ok(outcome);
            }
        }
        Ok(outcome)
    }
}

/// Tells every hook of an event, in order. All hear of it even if one ends the fit; the first reason counts.
fn tell<'a, M>(
    hooks: &mut [Box<dyn Hook<M> + 'a>],
    mut event: impl FnMut(&mut (dyn Hook<M> + 'a)) -> Result<Flow, Error>,
) -> Result<Flow, Error> {
    let mut flow = Flow::Continue;
    for hook in hooks {
        let answer = event(hook.as_mut())?;
        if flow == Flow::Continue {
            flow = answer;
        }
    }
    Ok(flow)
}
