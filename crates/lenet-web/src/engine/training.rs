//! [`Training`]: trains a network for some milliseconds at a time, so that a page stays responsive.

use std::time::Duration;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use lenet_backend::{floats, integers};
use lenet_data::{Batches, DigitSet, HostBatch, Loader, Normalisation, SIDE};
use lenet_model::{LeNet, StateDict};
use lenet_train::{Loss, Optimizer, OptimizerKind};
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use web_time::Instant;

use super::gradients::by_name;
use super::network::{Network, numbers};
use super::steps::Steps;
use super::{Digits, TrainingOptions, sample};
use crate::Error;

/// Images in a batch of a validation.
const VALIDATION_BATCH: usize = 250;

/// A training that can stop after any step.
pub struct Training {
    start: StateDict,
    net: LeNet,
    optimizer: Steps,
    options: TrainingOptions,
    loader: Loader<DigitSet>,
    valid: Loader<DigitSet>,
    epoch: u64,
    batches: Batches<DigitSet>,
    /// The next batch, if it was looked at already.
    next: Option<HostBatch>,
    step: u64,
    images: u64,
}

/// What [`Training::advance`] has done.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Steps in this call.
    pub steps: u64,
    /// Mean loss of them.
    pub loss: f64,
    /// Share of their images that were read rightly before the step, 0 to 1.
    pub accuracy: f64,
    /// Time of the call.
    pub time: Duration,
    /// Images per second in this call.
    pub images_per_second: f64,
    /// Steps since the start.
    pub step: u64,
    /// Epochs since the start, with the part of the one that runs.
    pub epoch: f64,
    /// Images since the start.
    pub images: u64,
}

/// How well held-out images are read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Validation {
    /// Mean loss.
    pub loss: f64,
    /// Share of images read rightly, 0 to 1.
    pub accuracy: f64,
    /// Number of images.
    pub images: u64,
}

impl Training {
    /// A training that starts from `network`.
    ///
    /// # Errors
    /// [`Error::Argument`] if an option is out of range, `train` is empty or the network has not ten classes.
    pub fn new(
        network: &Network,
        train: &Digits,
        valid: &Digits,
        options: TrainingOptions,
    ) -> Result<Self, Error> {
        options.check()?;
        let about = network.about();
        if train.is_empty() {
            return Err(Error::argument("the training set", "empty", "one image or more"));
        }
        if about.classes != train.0.classes() {
            return Err(Error::argument(
                "the number of classes",
                about.classes,
                "10, for the data are digits",
            ));
        }
        let normalisation = Normalisation::new(about.mean, about.std);
        let set = |digits: &Digits| digits.0.clone().with_normalisation(normalisation);
        let loader = Loader::new(set(train), options.batch_size)?.shuffle(options.seed);
        Ok(Self {
            start: network.state().clone(),
            net: network.net.clone(),
            optimizer: Steps::new(options.optimizer),
            options,
            batches: loader.epoch(0),
            loader,
            valid: Loader::new(set(valid), VALIDATION_BATCH)?,
            epoch: 0,
            next: None,
            step: 0,
            images: 0,
        })
    }

    /// A training that corrects mistakes: on the user's images `[n, 32, 32]` with their labels, mixed with synthetic
    /// digits, so that the network does not forget the others. A batch of 32 has eight of the user's on average.
    ///
    /// # Errors
    /// [`Error::Data`] if images and labels do not match, [`Error::Argument`] if there is no image, and as
    /// [`new`](Self::new).
    pub fn fine_tuning(network: &Network, images: &[u8], labels: &[u8], seed: u64) -> Result<Self, Error> {
        const OTHERS: u64 = 600;
        let own = Digits::from_images(images, labels)?;
        if own.is_empty() {
            return Err(Error::argument("the number of images", 0, "one or more"));
        }
        let copies = (OTHERS as usize / 3).div_ceil(own.len());
        let (mut pixels, mut numbers) = (images.repeat(copies), labels.repeat(copies));
        for (image, label) in (0..OTHERS).map(|index| sample(seed, index)) {
            pixels.extend(image);
            numbers.push(label);
        }
        let options = TrainingOptions {
            optimizer: Optimizer::new(OptimizerKind::Nesterov),
            learning_rate: 0.003,
            batch_size: 32,
            seed,
            loss: Loss::CrossEntropy,
        };
        Self::new(network, &Digits::from_images(&pixels, &numbers)?, &own, options)
    }

    /// Trains until `steps` steps are done or the time is over, at least one step.
    ///
    /// # Errors
    /// [`Error::Train`] or [`Error::Device`] if a step fails.
    pub fn advance(&mut self, steps: u64, time: Duration) -> Result<Progress, Error> {
        let clock = Instant::now();
        let (mut done, mut images, mut correct, mut loss) = (0, 0, 0, 0.0);
        while done == 0 || done < steps && clock.elapsed() < time {
            let (step_loss, step_correct, step_images) = self.one_step()?;
            loss += f64::from(step_loss);
            (done, correct, images) = (done + 1, correct + step_correct, images + step_images);
        }
        let time = clock.elapsed();
        Ok(Progress {
            steps: done,
            loss: loss / done as f64,
            accuracy: correct as f64 / images as f64,
            time,
            images_per_second: images as f64 / time.as_secs_f64().max(1e-9),
            step: self.step,
            epoch: self.images as f64 / self.loader.samples().len() as f64,
            images: self.images,
        })
    }

    /// Loss, number of images read rightly, number of images.
    fn one_step(&mut self) -> Result<(f32, u64, u64), Error> {
        let batch = self.next_batch()?;
        let labels = batch.labels.clone();
        let (loss, logits) = self.loss(batch);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.net);
        self.net = self.optimizer.step(self.options.learning_rate, self.net.clone(), gradients);
        self.step += 1;
        self.images += labels.len() as u64;
        let correct = correct(&numbers(logits.inner())?, &labels);
        Ok((numbers(loss.inner())?[0], correct, labels.len() as u64))
    }

    fn loss(&self, batch: HostBatch) -> (Tensor<1>, Tensor<2>) {
        self.loss_of(&self.net, batch)
    }

    /// The loss and the logits of a network for a batch.
    fn loss_of(&self, net: &LeNet, batch: HostBatch) -> (Tensor<1>, Tensor<2>) {
        let device = net.conv1.weight.val().device();
        let labels = integers(&batch.labels, &device);
        let images = TensorData::new(batch.images, [batch.labels.len(), 1, SIDE, SIDE]);
        let logits = net.forward(floats(images, &device));
        (self.options.loss.forward(logits.clone(), labels), logits)
    }

    fn next_batch(&mut self) -> Result<HostBatch, Error> {
        if let Some(batch) = self.next.take() {
            return Ok(batch);
        }
        loop {
            match self.batches.next() {
                Some(batch) => return Ok(batch?),
                None => {
                    self.epoch += 1;
                    self.batches = self.loader.epoch(self.epoch);
                }
            }
        }
    }

    /// The gradients of the loss of the next batch, by name, in PyTorch's layouts. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Train`] or [`Error::Device`] if the pass fails.
    pub fn gradients(&mut self) -> Result<Vec<(String, Vec<f32>)>, Error> {
        let batch = self.next_batch()?;
        self.next = Some(batch.clone());
        by_name(&self.loss(batch).0, &self.net)
    }

    /// Reads the held-out images. Without any, loss and accuracy are NaN.
    ///
    /// # Errors
    /// [`Error::Data`] or [`Error::Device`] if a batch fails.
    pub fn validate(&self) -> Result<Validation, Error> {
        let net = self.net.valid();
        let (mut loss, mut right, mut images) = (0.0, 0, 0);
        for batch in self.valid.epoch(0) {
            let batch = batch?;
            let labels = batch.labels.clone();
            let (batch_loss, logits) = self.loss_of(&net, batch);
            loss += f64::from(numbers(batch_loss)?[0]) * labels.len() as f64;
            right += correct(&numbers(logits)?, &labels);
            images += labels.len() as u64;
        }
        let count = images as f64;
        Ok(Validation { loss: loss / count, accuracy: right as f64 / count, images })
    }

    /// The network as it is now.
    ///
    /// # Errors
    /// [`Error::Model`] if the weights cannot be read back.
    pub fn network(&self) -> Result<Network, Error> {
        Network::trained(&self.net, &self.start)
    }
}

impl std::fmt::Debug for Training {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training")
            .field("options", &self.options)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// How many rows of `logits` are largest at their label.
fn correct(logits: &[f32], labels: &[i64]) -> u64 {
    let classes = logits.len() / labels.len().max(1);
    let is_right = |(logits, label): &(&[f32], &i64)| {
        let right = usize::try_from(**label).ok().and_then(|label| logits.get(label));
        right.is_some_and(|right| logits.iter().all(|logit| logit <= right))
    };
    logits.chunks_exact(classes.max(1)).zip(labels).filter(is_right).count() as u64
}
