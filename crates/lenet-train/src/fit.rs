//! [`Trainer::fit`]: the training loop.

use std::sync::Arc;
use std::time::Duration;

use burn::module::Module;
use lenet_data::{Loader, Samples};

use crate::clock::Instant;
use crate::position::Position;
use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, End, EpochStart, Error, FitEnd,
    FitStart, Flow, Gradients, Hook, LossValue, Outcome, Parameter, StepTiming, Trainer, parameters,
};

impl<M: Module, B: Send + 'static> Trainer<'_, M, B> {
    /// Trains `model`, which must be on a device with autodiff, on the batches of `train`.
    ///
    /// # Errors
    /// [`Error::NoGradient`] if the device has no autodiff, [`Error::Data`] from the loader,
    /// [`Error::Checkpoint`] if the checkpoint to resume from does not belong to this training, [`Error::Io`]
    /// if a checkpoint cannot be written, and the errors of validation and of the hooks.
    pub fn fit<S: Samples<Batch = B>>(mut self, model: M, train: &Loader<S>) -> Result<Outcome<M>, Error> {
        let outcome = self.run(model, train);
        if let Err(error) = &outcome {
            self.hooks.on_error(error);
        }
        outcome
    }

    fn run<S: Samples<Batch = B>>(&mut self, model: M, train: &Loader<S>) -> Result<Outcome<M>, Error> {
        let mut at = Position::start(train.batches() as u64);
        let model = self.begin(model, train, &mut at)?;
        let mut model = self.groups.freeze(model, at.step);
        let mut flow = self.flow_after(at.step);
        if at.batches == 0 {
            return Ok(at.outcome(model, End::Completed));
        }
        let (epochs, batches, total_steps) = (self.epochs, at.batches, self.total_steps(&at));
        self.hooks.fit_start(&FitStart { epochs, batches, total_steps, step: at.step, model: &model })?;
        while !at.is_over(self.epochs, total_steps) && !matches!(flow, Flow::EndFit(_)) {
            (model, flow) = self.epoch(model, &mut at, train)?;
        }
        let end = match flow {
            Flow::EndFit(reason) => End::Hook(reason),
            _ => End::Completed,
        };
        self.hooks.fit_end(&FitEnd { step: at.step, epochs: at.epoch, end: &end, model: &model })?;
        self.checkpoint_at_end(&model, &at)?;
        Ok(at.outcome(model, end))
    }

    /// Runs one epoch, or the rest of it after resuming.
    fn epoch<S: Samples<Batch = B>>(
        &mut self,
        mut model: M,
        at: &mut Position,
        train: &Loader<S>,
    ) -> Result<(M, Flow), Error> {
        if at.batch == 0 {
            match self.hooks.epoch_start(&EpochStart { epoch: at.epoch, step: at.step })? {
                Flow::EndEpoch => at.skip_to_end_of_epoch(),
                flow @ Flow::EndFit(_) => return Ok((model, flow)),
                Flow::Continue | Flow::SkipStep => {}
            }
        }
        let total_steps = self.total_steps(at);
        at.clock.start();
        let mut trained = self.groups.trained(&parameters(&model), at.step);
        let mut batches = train.epoch_from(at.epoch, at.batch as usize);
        while at.batch < at.batches {
            let asked = Instant::now();
            let Some(batch) = batches.next() else { break };
            let batch_size = train.batch_len(at.batch as usize) as u64;
            if self.groups.freezes_at(at.step) {
                model = self.groups.freeze(model, at.step);
                trained = self.groups.trained(&parameters(&model), at.step);
            }
            let flow;
            (model, flow) = self.step(model, batch?, batch_size, asked.elapsed(), at, &trained)?;
            if flow == Flow::EndEpoch || at.step == total_steps {
                at.skip_to_end_of_epoch();
            }
            let flow = flow.and(self.flow_after(at.step));
            if matches!(flow, Flow::EndFit(_)) {
                at.clock.stop();
                return Ok((model, flow));
            }
            self.checkpoint_after_step(&model, at)?;
        }
        let flow = self.end_epoch(&model, at)?;
        Ok((model, flow))
    }

    /// Runs one step: batch, loss, gradients, update, with the hooks between them.
    fn step(
        &mut self,
        mut model: M,
        mut batch: B,
        batch_size: u64,
        data: Duration,
        at: &mut Position,
        parameters: &Arc<[Parameter]>,
    ) -> Result<(M, Flow), Error> {
        let (epoch, total_steps) = (at.epoch, self.total_steps(at));
        let learning_rate = self.learning_rate(at.step, total_steps);
        at.next_batch();
        let (step, last_of_epoch) = (at.step, at.batch == at.batches || at.step == total_steps);
        let mut ready = BatchReady { epoch, step, total_steps, batch_size, learning_rate, batch: &mut batch };
        let flow = self.hooks.batch_ready(&mut ready)?;
        let (batch_size, learning_rate) = (ready.batch_size, ready.learning_rate);
        if flow != Flow::Continue {
            return Ok((model, flow));
        }

        let clock = Instant::now();
        let loss = (self.loss)(&model, batch);
        let forward = clock.elapsed();
        let (loss, params) = loss.backward(&model)?;
        let backward = clock.elapsed() - forward;

        let mut gradients = Gradients::new(params, Arc::clone(parameters));
        let loss = LossValue::new(loss);
        let flow = self.hooks.after_backward(&mut AfterBackward {
            epoch,
            step,
            last_of_epoch,
            learning_rate,
            loss: &loss,
            gradients: &mut gradients,
            model: &model,
        })?;

        let clock = Instant::now();
        let updated = flow == Flow::Continue;
        if updated {
            model = self.updater.step(learning_rate, model, gradients.into_params());
        }
        let timing = StepTiming { data, forward, backward, update: clock.elapsed() };
        at.add(&loss, batch_size);
        let event = AfterStep {
            epoch,
            step,
            total_steps,
            batch_size,
            learning_rate,
            loss,
            updated,
            timing,
            model: &model,
        };
        let flow = flow.and(self.hooks.after_step(&event)?);
        Ok((model, flow))
    }

    /// Validates, and sends the last events of an epoch.
    fn end_epoch(&mut self, model: &M, at: &mut Position) -> Result<Flow, Error> {
        // Reading the sum waits for the device, so the time includes all queued work.
        let train_loss = f64::from(at.loss_sum()?) / at.epoch_samples as f64;
        at.clock.stop();
        let (epoch, step, time, samples) = (at.epoch, at.step, at.clock.epoch, at.epoch_samples);
        let mut flow = Flow::Continue;
        let valid = match &mut self.validate {
            Some(validate) => Some(validate(&self.hooks.for_validation(model.valid()))?),
            None => None,
        };
        if let Some(valid) = valid {
            flow = self.hooks.after_validation(&AfterValidation { epoch, step, valid, model })?;
        }
        let event = AfterEpoch { epoch, step, train_loss, valid, time, samples };
        flow = flow.and(self.hooks.after_epoch(&event)?);
        at.next_epoch();
        self.checkpoint_after_epoch(model, at, valid)?;
        Ok(flow)
    }

    /// Learning rate of step `step`, counted from 0.
    fn learning_rate(&self, step: u64, total: u64) -> f64 {
        let rate = self.schedule.learning_rate(step, total);
        if step < self.warm_up { rate * (step + 1) as f64 / self.warm_up as f64 } else { rate }
    }

    /// Ends the fit after the step that [`stop_after`](Self::stop_after) sets.
    fn flow_after(&self, step: u64) -> Flow {
        match self.stop_after {
            Some(last) if step >= last => Flow::EndFit(format!("stopped after step {step}")),
            _ => Flow::Continue,
        }
    }

    /// Number of steps planned over all epochs.
    fn total_steps(&self, at: &Position) -> u64 {
        self.epochs.saturating_mul(at.batches).min(self.max_steps.unwrap_or(u64::MAX))
    }
}
