//! [`Trainer`]: the parts of a training. `fit.rs` has the loop.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use burn::module::{Module, ParamGroup};

use crate::param_groups::{Frozen, Groups};
use crate::updater::Updater;
use crate::{
    AnyOptimizer, Checkpoint, Checkpoints, Differentiable, Error, Evaluation, Hook, Hooks, Optimizer,
    Schedule,
};

type LossFunction<'a, M, B> = Box<dyn FnMut(&M, B) -> Differentiable<'a> + 'a>;
type Validate<'a, M> = Box<dyn FnMut(&M) -> Result<Evaluation, Error> + 'a>;

/// Trains a module of type `M` on batches of type `B`.
///
/// Defaults: one epoch of SGD at a learning rate of 0.01, without validation, hooks or checkpoints.
pub struct Trainer<'a, M, B> {
    pub(crate) loss: LossFunction<'a, M, B>,
    pub(crate) optimizer: AnyOptimizer,
    pub(crate) groups: Groups,
    /// Made from `optimizer` and `groups` when the fit begins.
    pub(crate) updater: Updater,
    pub(crate) schedule: Schedule,
    pub(crate) warm_up: u64,
    pub(crate) epochs: u64,
    pub(crate) max_steps: Option<u64>,
    pub(crate) stop_after: Option<u64>,
    pub(crate) validate: Option<Validate<'a, M>>,
    pub(crate) hooks: Hooks<'a, M, B>,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) resume: Option<Checkpoint>,
    pub(crate) settings: BTreeMap<String, String>,
    /// Lowest validation loss so far.
    pub(crate) best_loss: Option<f64>,
}

impl<M, B> fmt::Debug for Trainer<'_, M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Trainer");
        fields.field("optimizer", &self.optimizer).field("schedule", &self.schedule);
        fields.field("epochs", &self.epochs).field("hooks", &self.hooks);
        fields.finish_non_exhaustive()
    }
}

/// Result of a training. After resuming from a checkpoint, the numbers include the training before it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<M> {
    /// The trained module, on its device with autodiff.
    pub model: M,
    /// Number of steps over all epochs: batches processed.
    pub steps: u64,
    /// Number of completed epochs. One that [`Trainer::max_steps`] or a hook cut short counts.
    pub epochs: u64,
    /// Training time: batches, steps and hooks, validation excluded.
    pub training_time: Duration,
    /// Number of samples processed; a sample counts once per epoch.
    pub samples: u64,
    /// Reason for the end.
    pub end: End,
}

/// Reason for the end of a training.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All epochs are done.
    Completed,
    /// A hook ended the training, for this reason.
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
    /// Trains with the loss, a tensor `[1]`, that `loss` computes from a module and a batch. A [`Differentiable`] can
    /// compute the gradients in another way than by Burn's graph.
    pub fn new<L: Into<Differentiable<'a>>>(mut loss: impl FnMut(&M, B) -> L + 'a) -> Self {
        Self {
            loss: Box::new(move |model, batch| loss(model, batch).into()),
            optimizer: Optimizer::sgd().into(),
            groups: Groups::default(),
            updater: Updater::Fused(Vec::new()),
            schedule: Schedule::Constant { learning_rate: 0.01 },
            warm_up: 0,
            epochs: 1,
            max_steps: None,
            stop_after: None,
            validate: None,
            hooks: Hooks::new(),
            checkpoints: None,
            resume: None,
            settings: BTreeMap::new(),
            best_loss: None,
        }
    }

    /// Sets the optimizer: an [`Optimizer`], or any `ModuleOptimizer` of Burn, its groups of parameters
    /// included.
    pub fn optimizer(self, optimizer: impl Into<AnyOptimizer>) -> Self {
        Self { optimizer: optimizer.into(), ..self }
    }

    /// Updates the parameters in `group` with their own optimizer, as PyTorch's parameter groups do. If
    /// several groups match a parameter, the last one added counts.
    ///
    /// ```
    /// # use burn::module::ParamGroup;
    /// # use lenet_data::HostBatch;
    /// # use lenet_model::LeNet;
    /// # use lenet_train::{Loss, Optimizer, OptimizerKind, Trainer};
    /// # let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    /// # let loss = |net: &LeNet, batch: HostBatch| {
    /// #     let batch = batch.to_device(&device);
    /// #     Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    /// # };
    /// // Weights decay, biases do not; the first layer learns at a tenth of the rate.
    /// let adamw = Optimizer::new(OptimizerKind::Adamw);
    /// let trainer = Trainer::new(loss)
    ///     .optimizer(adamw)
    ///     .optimizer_for(ParamGroup::from_predicate(".bias"), adamw.weight_decay(0.0))
    ///     .lr_factor_for(ParamGroup::from_predicate("conv1"), 0.1);
    /// # use lenet_data::{Loader, synthetic};
    /// # trainer.fit(LeNet::new(1, &device), &Loader::new(synthetic::digits(1, 0..8)?, 8)?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn optimizer_for(mut self, group: ParamGroup, optimizer: Optimizer) -> Self {
        self.groups.optimizers.push((group, optimizer));
        self
    }

    /// Sets the learning-rate schedule.
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// Linear warm-up: multiplies the learning rates of the first `steps` steps by 1/`steps`, 2/`steps`, … 1.
    pub fn warm_up(self, steps: u64) -> Self {
        Self { warm_up: steps, ..self }
    }

    /// Multiplies the learning rate of the parameters in `group` by `factor`. If several groups match a
    /// parameter, the last one added counts.
    pub fn lr_factor_for(mut self, group: ParamGroup, factor: f64) -> Self {
        self.groups.lr_factors.push((group, factor));
        self
    }

    /// Freezes the parameters in `group`: they keep their bits, whatever the optimizer, its weight decay and its
    /// momentum do with the others. No gradient is computed for them, so hooks see none, and a layer below which
    /// all is frozen has no backward pass. The trained module has the same parameters frozen;
    /// `Module::unfreeze_group` releases them.
    ///
    /// [`fit`](Self::fit) refuses a group without parameters, and a module that is frozen as a whole.
    ///
    /// ```
    /// # use burn::module::ParamGroup;
    /// # use lenet_data::{HostBatch, Loader, synthetic};
    /// # use lenet_model::LeNet;
    /// # use lenet_train::{Loss, Trainer};
    /// # let device = lenet_backend::open(&"flex".parse()?)?.autodiff();
    /// # let loss = |net: &LeNet, batch: HostBatch| {
    /// #     let batch = batch.to_device(&device);
    /// #     Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    /// # };
    /// let net = LeNet::new(1, &device);
    /// let before = net.conv1.weight.val().into_data();
    /// let convolutions = ParamGroup::from_predicate("conv"); // or from_path("conv1.weight")
    /// let digits = Loader::new(synthetic::digits(1, 0..8)?, 8)?;
    /// let trained = Trainer::new(loss).freeze(convolutions).fit(net, &digits)?.model;
    /// assert_eq!(trained.conv1.weight.val().into_data(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn freeze(self, group: ParamGroup) -> Self {
        self.freeze_after(0, group)
    }

    /// Freezes the parameters in `group` once `steps` steps are done, as [`freeze`](Self::freeze) does before the first
    /// one. First layers learn most of what they learn early, and steps without their backward pass take less time
    /// (Brock et al. 2017, "FreezeOut").
    ///
    /// From then on [`Ema`](crate::hooks::Ema) has the parameters themselves.
    pub fn freeze_after(mut self, steps: u64, group: ParamGroup) -> Self {
        self.groups.frozen.push(Frozen { group, after: steps });
        self
    }

    /// Sets the number of epochs.
    pub fn epochs(self, epochs: u64) -> Self {
        Self { epochs, ..self }
    }

    /// Ends the training after `steps` steps, if its epochs have more: the last epoch ends early, with its
    /// validation and its events. Schedules count these steps as all steps.
    pub fn max_steps(self, steps: u64) -> Self {
        Self { max_steps: Some(steps), ..self }
    }

    /// Stops the fit as soon as `steps` steps are done over all epochs, as a hook that returns
    /// [`Flow::EndFit`](crate::Flow::EndFit) after that step does: schedules count all steps that are planned, and the
    /// events of the end of the epoch are not sent. A fit that resumes from the last checkpoint goes on from there. A
    /// fit that resumes after so many steps makes none.
    pub fn stop_after(self, steps: u64) -> Self {
        Self { stop_after: Some(steps), ..self }
    }

    /// Validates the module after each epoch. The closure gets the module without autodiff, after
    /// [`Hook::for_validation`]: with [`Ema`](crate::hooks::Ema), the averages are its weights.
    pub fn validate(self, validate: impl FnMut(&M) -> Result<Evaluation, Error> + 'a) -> Self {
        Self { validate: Some(Box::new(validate)), ..self }
    }

    /// Adds a hook. Hooks are called in the order in which they were added.
    pub fn hook(mut self, hook: impl Hook<M, B> + 'a) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Adds several hooks. Each keeps its state under its own name in a checkpoint.
    pub fn hooks(mut self, hooks: Hooks<'a, M, B>) -> Self {
        self.hooks.append(hooks);
        self
    }

    /// Saves checkpoints during the training, each after all hooks have received the event of the step or
    /// epoch.
    pub fn checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// Resumes from `checkpoint`. With the same settings, samples and hooks the result has the same bits as
    /// an uninterrupted training. There may be more epochs than before if the schedule does not
    /// [depend on their number](Schedule::depends_on_total). Of the module given to [`fit`](Self::fit) only
    /// the shape is used.
    pub fn resume(self, checkpoint: Checkpoint) -> Self {
        Self { resume: Some(checkpoint), ..self }
    }

    /// Stores a setting in every checkpoint. A fit refuses to [`resume`](Self::resume) from a checkpoint with
    /// another value. The optimizers, the schedule, and the numbers of epochs, samples and batches are stored
    /// already; add the seed and a hash of the samples.
    pub fn setting(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.insert(key.to_owned(), value.to_string());
        self
    }
}
