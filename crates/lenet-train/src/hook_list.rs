//! [`Hooks`]: a list of hooks that is itself a hook.

use std::fmt;

use crate::hook_states::{decode, encode};
use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, Error, FitEnd, FitStart,
    Flow, Hook,
};

/// Hooks in the order in which they receive each event. All of them receive every event, even if one ends the
/// fit.
///
/// A [`Trainer`](crate::Trainer) drives such a list. A training loop without a `Trainer` can drive one too,
/// with the events that its hooks need. This loop averages the gradients of two batches, clips them, and
/// keeps a moving average of the weights:
///
/// ```
/// use burn::optim::GradientsParams;
/// use lenet_data::{HostBatch, Loader, synthetic};
/// use lenet_model::LeNet;
/// use lenet_train::hooks::{Accumulate, ClipGradNorm, Ema};
/// use lenet_train::{AfterBackward, AfterStep, FitStart, Flow, Gradients, Hook, Hooks, LossValue, Optimizer};
///
/// let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
/// let digits = Loader::new(synthetic::digits(42, 0..64)?, 16)?.shuffle(7);
/// let (mut net, mut optimizer) = (LeNet::new(42, &device), Optimizer::sgd().momentum(0.9).init());
/// let parameters = lenet_train::parameters(&net);
/// let (steps, mut updates) = (digits.batches() as u64, 0);
///
/// let mut ema = Ema::new(0.9);
/// let mut hooks: Hooks<LeNet, HostBatch> =
///     Hooks::new().with(Accumulate::over(2)).with(ClipGradNorm::new(1.0)).with(&mut ema);
/// hooks.fit_start(&FitStart::new(1, steps, &net))?;
/// for (step, batch) in (1..).zip(digits.epoch(0)) {
///     let batch = batch?;
///     let batch_size = batch.len() as u64;
///     let batch = batch.to_device(&device);
///     let loss = lenet_backend::ops::cross_entropy(net.forward(batch.images), batch.labels, 0.0, None);
///     let params = GradientsParams::from_grads(loss.backward(), &net);
///     let mut gradients = Gradients::new(params, parameters.clone());
///     let loss = LossValue::new(loss.inner());
///     let event = AfterBackward::new(step, &loss, &mut gradients, &net);
///     let flow = hooks.after_backward(&mut event.last_of_epoch(step == steps))?;
///     let updated = flow == Flow::Continue;
///     if updated {
///         net = optimizer.step(0.01, net, gradients.into_params());
///         updates += 1;
///     }
///     hooks.after_step(&AfterStep::new(step, batch_size, loss, &net).updated(updated))?;
/// }
/// drop(hooks);
/// assert_eq!(updates, 2); // of four batches
/// let averaged = ema.apply(net);
/// # assert_eq!(averaged.conv1.weight.dims(), [6, 1, 5, 5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Hooks<'a, M, B> {
    list: Vec<Box<dyn Hook<M, B> + 'a>>,
}

impl<M, B> fmt::Debug for Hooks<'_, M, B> {
    /// Formats the names of the hooks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hooks").field(&self.names()).finish()
    }
}

impl<M, B> Default for Hooks<'_, M, B> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

impl<'a, M, B> Hooks<'a, M, B> {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `hook` as the last one and returns the list.
    pub fn with(mut self, hook: impl Hook<M, B> + 'a) -> Self {
        self.push(hook);
        self
    }

    /// Adds `hook` as the last one.
    pub fn push(&mut self, hook: impl Hook<M, B> + 'a) {
        self.list.push(Box::new(hook));
    }

    /// Adds all of `hooks` after the last one.
    pub fn append(&mut self, hooks: Self) {
        self.list.extend(hooks.list);
    }

    /// State of each hook that has one, under the hook's name. The second hook of one name gets the suffix
    /// `#2`.
    ///
    /// # Errors
    /// Those of the hooks.
    pub fn states(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut states = Vec::new();
        for (name, hook) in self.names().into_iter().zip(&self.list) {
            if let Some(state) = hook.state()? {
                states.push((name, state));
            }
        }
        Ok(states)
    }

    /// Restores each hook from the state under its name. A hook without a state there does not change.
    ///
    /// # Errors
    /// [`Error::HookState`] if a state belongs to no hook of this list, and those of the hooks.
    pub fn restore(&mut self, states: &[(String, Vec<u8>)]) -> Result<(), Error> {
        let names = self.names();
        for (name, state) in states {
            let Some(index) = names.iter().position(|other| other == name) else {
                let reason = "the checkpoint has its state, but this fit does not have the hook".to_owned();
                return Err(Error::HookState { hook: name.clone(), reason });
            };
            self.list[index].restore(state)?;
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        let numbered = self.list.iter().map(|hook| {
            names.push(hook.name());
            match names.iter().filter(|name| **name == hook.name()).count() {
                1 => hook.name().to_owned(),
                number => format!("{}#{number}", hook.name()),
            }
        });
        numbered.collect()
    }
}

/// Passes each event to all hooks in order.
impl<M, B> Hook<M, B> for Hooks<'_, M, B> {
    fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
        self.list.iter_mut().try_for_each(|hook| hook.fit_start(start))
    }

    fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
        self.tell(|hook| hook.epoch_start(start))
    }

    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        self.tell(|hook| hook.batch_ready(ready))
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        self.tell(|hook| hook.after_backward(backward))
    }

    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        self.tell(|hook| hook.after_step(step))
    }

    fn for_validation(&self, model: M) -> M {
        self.list.iter().fold(model, |model, hook| hook.for_validation(model))
    }

    fn after_validation(&mut self, validation: &AfterValidation<'_, M>) -> Result<Flow, Error> {
        self.tell(|hook| hook.after_validation(validation))
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        self.tell(|hook| hook.after_epoch(epoch))
    }

    fn fit_end(&mut self, end: &FitEnd<'_, M>) -> Result<(), Error> {
        self.list.iter_mut().try_for_each(|hook| hook.fit_end(end))
    }

    fn on_error(&mut self, error: &Error) {
        self.list.iter_mut().for_each(|hook| hook.on_error(error));
    }

    /// States of all hooks, for a list inside a list.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        let states = self.states()?;
        if states.is_empty() { Ok(None) } else { encode(&states).map(Some) }
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        Hooks::restore(self, &decode(state)?)
    }
}

impl<'a, M, B> Hooks<'a, M, B> {
    fn tell(
        &mut self,
        mut event: impl FnMut(&mut (dyn Hook<M, B> + 'a)) -> Result<Flow, Error>,
    ) -> Result<Flow, Error> {
        self.list.iter_mut().try_fold(Flow::Continue, |flow, hook| Ok(flow.and(event(hook.as_mut())?)))
    }
}
