//! [`Trainer`]: what a training is made of. How it goes is in `fit.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use burn::module::{Module, ParamGroup};
use burn::tensor::Tensor;

use crate::param_groups::Groups;
use crate::updater::Updater;
use crate::{AnyOptimizer, Checkpoint, Checkpoints, Error, Evaluation, Hook, Hooks, Optimizer, Schedule};

type LossOf<'a, M, B> = Box<dyn FnMut(&M, B) -> Tensor<1> + 'a>;
type Validate<'a, M> = Box<dyn FnMut(&M) -> Result<Evaluation, Error> + 'a>;

/// Trains a module of type `M` on batches of type `B`.
///
/// What it is not told it does plainly: one epoch of SGD at a learning rate of 0.01, without validation, hooks
/// or checkpoints.
pub struct Trainer<'a, M, B> {
    pub(crate) loss: LossOf<'a, M, B>,
    pub(crate) optimizer: AnyOptimizer,
    pub(crate) groups: Groups,
    /// What becomes of these two once the fit begins.
    pub(crate) updater: Updater,
    pub(crate) schedule: Schedule,
    pub(crate) warm_up: u64,
    pub(crate) epochs: u64,
    pub(crate) validate: Option<Validate<'a, M>>,
    pub(crate) hooks: Hooks<'a, M>,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) resume: Option<Checkpoint>,
    pub(crate) settings: BTreeMap<String, String>,
    /// The lowest validation loss so far.
    pub(crate) best_loss: Option<f64>,
}

/// What became of a training. Of one that went on from a checkpoint, the numbers are of all of it.
#[derive(Debug)]
pub struct Outcome<M> {
    /// The trained module, on the device (with autodiff) that it came on.
    pub model: M,
    /// How many steps were made, over all epochs: batches gone through.
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
            optimizer: Optimizer::sgd().into(),
            groups: Groups::default(),
            updater: Updater::Ours(Vec::new()),
            schedule: Schedule::Constant { learning_rate: 0.01 },
            warm_up: 0,
            epochs: 1,
            validate: None,
            hooks: Hooks::new(),
            checkpoints: None,
            resume: None,
            settings: BTreeMap::new(),
            best_loss: None,
        }
    }

    /// How the gradients change the parameters: an [`Optimizer`], or any of Burn's, with its groups of
    /// parameters and all.
    pub fn optimizer(self, optimizer: impl Into<AnyOptimizer>) -> Self {
        Self { optimizer: optimizer.into(), ..self }
    }

    /// Updates the parameters in `group` by an optimizer of their own, as PyTorch's parameter groups do. If several
    /// groups match a parameter, the last one added counts.
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
    ///     .optimizer_of(ParamGroup::from_predicate(".bias"), adamw.weight_decay(0.0))
    ///     .rate_of(ParamGroup::from_predicate("conv1"), 0.1);
    /// # use lenet_data::{Loader, synthetic};
    /// # trainer.fit(LeNet::new(1, &device), &Loader::new(synthetic::digits(1, 0..8)?, 8)?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn optimizer_of(mut self, group: ParamGroup, optimizer: Optimizer) -> Self {
        self.groups.optimizers.push((group, optimizer));
        self
    }

    /// The learning rate of each step.
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// Multiplies the rates of the first `steps` steps by 1/`steps`, 2/`steps`, … 1.
    pub fn warm_up(self, steps: u64) -> Self {
        Self { warm_up: steps, ..self }
    }

    /// Multiplies the learning rate of the parameters in `group` by `factor`. If several groups match a
    /// parameter, the last one added counts.
    pub fn rate_of(mut self, group: ParamGroup, factor: f64) -> Self {
        self.groups.rates.push((group, factor));
        self
    }

    /// How often to go through the samples.
    pub fn epochs(self, epochs: u64) -> Self {
        Self { epochs, ..self }
    }

    /// Evaluates the module after each epoch. The closure gets it without autodiff, and as the hooks want it judged:
    /// with [`Ema`](crate::hooks::Ema), its averages are its weights.
    pub fn validate(self, validate: impl FnMut(&M) -> Result<Evaluation, Error> + 'a) -> Self {
        Self { validate: Some(Box::new(validate)), ..self }
    }

    /// Adds a hook. Hooks are called in the order in which they were added.
    pub fn hook(mut self, hook: impl Hook<M> + 'a) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Adds several hooks, each with its state under its own name in a checkpoint.
    pub fn hooks(mut self, hooks: Hooks<'a, M>) -> Self {
        self.hooks.append(hooks);
        self
    }

    /// Saves checkpoints as it goes. Each is taken when every hook has heard of the step or the epoch.
    pub fn checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), ..self }
    }

    /// Goes on from `checkpoint` and ends in the bits of a training that was never stopped, given the same
    /// settings, samples and hooks. The module given to [`fit`](Self::fit) lends its shape only.
    pub fn resume(self, checkpoint: Checkpoint) -> Self {
        Self { resume: Some(checkpoint), ..self }
    }

    /// Keeps a setting in every checkpoint. [`resume`](Self::resume) refuses a checkpoint in which it was
    /// another. The optimizers, the schedule, the epochs and the number of samples and batches are such settings
    /// already; the seed and a hash of the samples should be.
    pub fn setting(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.insert(key.to_owned(), value.to_string());
        self
    }
}
