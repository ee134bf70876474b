//! [`Hooks`]: several hooks as one.

use crate::{
    AfterBackward, AfterEpoch, AfterStep, AfterValidation, BatchReady, EpochStart, Error, FitEnd, FitStart,
    Flow, Hook,
};

/// Hooks in the order in which they hear of each event. All hear of it, even if one wants to end the fit.
///
/// A [`Trainer`](crate::Trainer) drives one; a loop of your own can, too, with the events that it wants. This one has
/// averaged gradients of two batches, clipped, and a moving average of the weights:
///
/// ```
/// use burn::optim::GradientsParams;
/// use lenet_data::{Loader, synthetic};
/// use lenet_model::LeNet;
/// use lenet_train::hooks::{Accumulate, ClipGradNorm, Ema};
/// use lenet_train::{
///     AfterBackward, AfterStep, FitStart, Flow, Gradients, Hook, Hooks, LossValue, Optimizer, StepTiming,
/// };
///
/// let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
/// let digits = Loader::new(synthetic::digits(42, 0..64)?, 16)?.shuffle(7);
/// let (mut net, mut optimizer) = (LeNet::new(42, &device), Optimizer::sgd().momentum(0.9).init());
/// let parameters = lenet_train::parameters(&net);
/// let (total_steps, learning_rate, mut updates) = (digits.batches() as u64, 0.01, 0);
///
/// let mut ema = Ema::new(0.9);
/// let mut hooks = Hooks::new().with(Accumulate::over(2)).with(ClipGradNorm::new(1.0)).with(&mut ema);
/// hooks.fit_start(&FitStart { epochs: 1, batches: digits.batches(), total_steps, step: 0, model: &net })?;
/// for (step, batch) in (1..).zip(digits.epoch(0)) {
///     let batch = batch?;
///     let batch_size = batch.len();
///     let batch = batch.to_device(&device);
///     let loss = lenet_backend::ops::cross_entropy(net.forward(batch.images), batch.labels, 0.0, None);
///     let params = GradientsParams::from_grads(loss.backward(), &net);
///     let mut gradients = Gradients::new(params, parameters.clone());
///     let loss = LossValue::new(loss.inner());
///     let flow = hooks.after_backward(&mut AfterBackward {
///         epoch: 0,
///         step,
///         last_of_epoch: step == total_steps,
///         learning_rate,
///         loss: &loss,
///         gradients: &mut gradients,
///         model: &net,
///     })?;
///     let updated = flow == Flow::Continue;
///     if updated {
///         net = optimizer.step(learning_rate, net, gradients.into_params());
///         updates += 1;
///     }
///     let timing = StepTiming::default();
///     let (epoch, model) = (0, &net);
///     hooks.after_step(&AfterStep {
///         epoch, step, total_steps, batch_size, learning_rate, loss, updated, timing, model,
///     })?;
/// }
/// drop(hooks);
/// assert_eq!(updates, 2); // of four batches
/// let averaged = ema.apply(net);
/// # assert_eq!(averaged.conv1.weight.dims(), [6, 1, 5, 5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Hooks<'a, M> {
    list: Vec<Box<dyn Hook<M> + 'a>>,
}

impl<M> Default for Hooks<'_, M> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

impl<'a, M> Hooks<'a, M> {
    /// No hooks.
    pub fn new() -> Self {
        Self::default()
    }

    /// These hooks and `hook` after them.
    pub fn with(mut self, hook: impl Hook<M> + 'a) -> Self {
        self.push(hook);
        self
    }

    /// Adds `hook` as the last one.
    pub fn push(&mut self, hook: impl Hook<M> + 'a) {
        self.list.push(Box::new(hook));
    }

    /// Adds `hooks` behind these.
    pub fn append(&mut self, hooks: Self) {
        self.list.extend(hooks.list);
    }

    /// The state of each hook that has one, under its name; a second hook of one name has `#2` behind it.
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

    /// Gives each hook the state under its name. A hook without one stays as it is.
    ///
    /// # Errors
    /// [`Error::HookState`] if there is a state whose hook is not here, and those of the hooks.
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

/// The events, each told to all hooks in order.
impl<M> Hook<M> for Hooks<'_, M> {
    fn fit_start(&mut self, start: &FitStart<'_, M>) -> Result<(), Error> {
        self.list.iter_mut().try_for_each(|hook| hook.fit_start(start))
    }

    fn epoch_start(&mut self, start: &EpochStart) -> Result<Flow, Error> {
        self.tell(|hook| hook.epoch_start(start))
    }

    fn batch_ready(&mut self, ready: &mut BatchReady<'_>) -> Result<Flow, Error> {
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

    /// The states of all, for a list in a list: names and lengths, as JSON in one line, then the bytes.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        let states = self.states()?;
        let index: Vec<(&str, usize)> = states.iter().map(|(name, state)| (&**name, state.len())).collect();
        let mut bytes = serde_json::to_vec(&index).map_err(not_a_list)?;
        bytes.push(b'\n');
        states.iter().for_each(|(_, state)| bytes.extend(state));
        Ok((!states.is_empty()).then_some(bytes))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let end = state.iter().position(|byte| *byte == b'\n').ok_or_else(|| not_a_list("no index"))?;
        let index: Vec<(String, usize)> = serde_json::from_slice(&state[..end]).map_err(not_a_list)?;
        let (mut states, mut rest) = (Vec::new(), &state[end + 1..]);
        for (name, length) in index {
            let (bytes, after) = rest.split_at_checked(length).ok_or_else(|| not_a_list("cut short"))?;
            states.push((name, bytes.to_vec()));
            rest = after;
        }
        Hooks::restore(self, &states)
    }
}

fn not_a_list(reason: impl ToString) -> Error {
    Error::HookState { hook: "Hooks".to_owned(), reason: reason.to_string() }
}

impl<'a, M> Hooks<'a, M> {
    fn tell(
        &mut self,
        mut event: impl FnMut(&mut (dyn Hook<M> + 'a)) -> Result<Flow, Error>,
    ) -> Result<Flow, Error> {
        self.list.iter_mut().try_fold(Flow::Continue, |flow, hook| Ok(flow.and(event(hook.as_mut())?)))
    }
}
