//! The trainer of a run, with the hooks that its flags select.

use std::path::Path;

use lenet_backend::Device;
use lenet_data::{DigitSet, HostBatch, Loader, Samples};
use lenet_model::{LeNet, StateDict};
use lenet_train::hooks::{
    Accumulate, ClipGradNorm, ClipGradValue, Csv, DeadRelus, EarlyStopping, Ema, FiniteGuard, JsonLines,
    LayerNorms, MaxTime, OverfitOneBatch, Progress, RateRangeTest, ReduceOnPlateau, TensorBoard, Trace,
};
use lenet_train::{Checkpoint, Checkpoints, Differentiable, Hooks, Outcome, Trainer, evaluate_classifier};

#[cfg(feature = "dashboard")]
use super::dashboard::Dashboard;
use super::data::EVALUATION_BATCH;
use super::dead;
use super::interrupt::Interrupt;
use super::loss_curve::LossCurve;
use super::objective::Objective;
use super::pause::PauseAfter;
use super::run_folder;
use super::settings::TrainArgs;
use super::teacher::Teacher;
use super::watch::Watch;

/// Learning rates of a range test.
const RANGE: std::ops::RangeInclusive<f64> = 1e-5..=10.0;

/// Validation images for which an output must be 0 to count as dead.
const RELU_IMAGES: usize = 500;

/// A training that is about to begin or to resume.
pub(super) struct Training<'a> {
    pub(super) args: &'a TrainArgs,
    pub(super) device: &'a Device,
    /// Folder of the run.
    pub(super) folder: &'a Path,
    /// SHA-256 of the training digits.
    pub(super) sha256: String,
    /// Initial weights.
    pub(super) start: StateDict,
    /// SHA-256 of the file of the initial weights; `None` if they are drawn from the seed.
    pub(super) init_sha256: Option<String>,
    /// The network, or the ensemble, whose answers the training learns from.
    pub(super) teacher: Option<&'a Teacher>,
    pub(super) checkpoint: Option<Checkpoint>,
    /// The step to stop after, if not after the last one.
    pub(super) stop_after: Option<u64>,
}

/// Hooks that are needed after the fit.
pub(super) struct Kept {
    pub(super) metrics: JsonLines,
    pub(super) ema: Option<Ema>,
    pub(super) range_test: Option<RateRangeTest>,
    /// The loss of each step of a training on one batch.
    pub(super) one_batch: Option<LossCurve>,
    /// A step to look at.
    pub(super) watch: Option<Watch>,
    pub(super) interrupt: Interrupt,
    pub(super) trace: Option<Trace>,
}

impl Kept {
    pub(super) fn new(args: &TrainArgs, folder: &Path) -> anyhow::Result<Self> {
        let range_test = |steps| {
            let file = folder.join(run_folder::RANGE_TEST);
            RateRangeTest::new(&file, *RANGE.start(), *RANGE.end(), steps)
        };
        Ok(Self {
            metrics: JsonLines::append(&folder.join(run_folder::METRICS), args.outputs.log_every)?,
            ema: args.steps.ema.map(Ema::new),
            range_test: args.schedule.range_test.map(range_test),
            one_batch: args.steps.overfit_one_batch.then(LossCurve::default),
            watch: None,
            interrupt: Interrupt::watch()?,
            trace: args.outputs.trace.as_ref().map(|_| Trace::new()),
        })
    }
}

impl Training<'_> {
    pub(super) fn fit(
        self,
        train: DigitSet,
        valid: DigitSet,
        kept: &mut Kept,
    ) -> anyhow::Result<Outcome<LeNet>> {
        let Self { args, device, folder, .. } = self;
        let training_device = device.clone().autodiff();
        let train = args.augment.wrap(train, args.seed)?;
        let plan = args.plan(train.len());
        let train = Loader::new(train, args.length.batch_size)?.shuffle(args.seed).prefetch(1);
        let train = train.limit_batches(args.length.limit_batches.unwrap_or(usize::MAX));
        let is_range_test = kept.range_test.is_some();
        let loss = Objective::new(args, self.teacher)?;
        let trace = kept.trace.clone();
        let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(device);
            let Some((logits, pass)) = net.forward_pass(batch.images.clone()) else {
                let logits = net.forward(batch.images.clone().autodiff());
                trace.iter().for_each(Trace::loss_begins);
                return Differentiable::from(loss.forward(&batch.images, logits, batch.labels));
            };
            trace.iter().for_each(Trace::loss_begins);
            let (loss, gradient) = loss.forward_with_gradient(&batch.images, logits, batch.labels);
            Differentiable::new(loss, move || pass.backward(gradient))
        })
        .optimizer(args.optimizer.optimizer())
        .schedule(args.schedule.schedule(args.optimizer.kind, plan.batches, plan.steps))
        .warm_up(args.schedule.warm_up_steps())
        .epochs(plan.epochs);
        if plan.is_limited {
            trainer = trainer.max_steps(plan.steps);
        }
        for (group, factor) in args.optimizer.lr_factors() {
            trainer = trainer.lr_factor_for(group, factor);
        }
        for (group, optimizer) in args.optimizer.groups()? {
            trainer = trainer.optimizer_for(group, optimizer);
        }
        for (steps, group) in args.fine_tuning.frozen(plan.steps) {
            trainer = trainer.freeze_after(steps, group);
        }
        if let Some(trace) = &kept.trace {
            trainer = trainer.hook(trace.first());
        }
        if args.steps.overfit_one_batch {
            trainer = trainer.hook(OverfitOneBatch::first_of(&train)?);
        }
        trainer = trainer.hooks(self.hooks(plan.epochs, &valid, kept)?);
        if !valid.is_empty() && !is_range_test {
            let valid = Loader::new(valid, EVALUATION_BATCH)?;
            trainer = trainer.validate(move |net: &LeNet| {
                evaluate_classifier(&valid, device, args.loss.loss, |images| net.forward(images))
            });
        }
        if let Some(sha256) = &self.init_sha256 {
            trainer = trainer.setting("init-sha256", sha256);
        }
        if let Some(teacher) = self.teacher {
            trainer = trainer.setting("teacher-sha256", &teacher.sha256);
        }
        for (key, value) in args.settings(&self.sha256)? {
            trainer = trainer.setting(&key, value);
        }
        if !is_range_test {
            let checkpoints = Checkpoints::in_folder(folder.join(run_folder::CHECKPOINTS)).keep_best();
            let (every, keep) = (args.outputs.checkpoint_every, args.outputs.keep);
            trainer = trainer.checkpoints(checkpoints.every_steps(every).keep_last(keep));
        }
        if let Some(step) = self.stop_after {
            trainer = trainer.stop_after(step);
        }
        if let Some(checkpoint) = self.checkpoint {
            trainer = trainer.resume(checkpoint);
        }
        Ok(trainer.fit(LeNet::with_state_dict(&self.start, &training_device), &train)?)
    }

    /// The hooks in the order in which they must receive an event: checks of gradients before changes of
    /// gradients, changes of the learning rate before its records.
    fn hooks<'h>(
        &self,
        epochs: u64,
        valid: &DigitSet,
        kept: &'h mut Kept,
    ) -> anyhow::Result<Hooks<'h, LeNet, HostBatch>> {
        let Self { args, folder, .. } = self;
        let (steps, outputs) = (&args.steps, &args.outputs);
        let mut hooks = Hooks::new();
        if steps.nan_guard > 0 {
            hooks.push(FiniteGuard::every(steps.nan_guard));
        }
        if steps.accumulate > 1 {
            hooks.push(Accumulate::over(steps.accumulate));
        }
        if let Some(limit) = steps.clip_norm {
            hooks.push(ClipGradNorm::new(limit));
        }
        if let Some(limit) = steps.clip_value {
            hooks.push(ClipGradValue::new(limit));
        }
        if let Some(ema) = &mut kept.ema {
            hooks.push(ema);
        }
        if let Some(patience) = args.schedule.reduce_on_plateau {
            hooks.push(ReduceOnPlateau::new(args.schedule.plateau_factor(), patience));
        }
        if let Some(test) = &mut kept.range_test {
            hooks.push(test);
        }
        if let Some(patience) = steps.early_stopping {
            hooks.push(EarlyStopping::new(patience));
        }
        if let Some(curve) = &mut kept.one_batch {
            hooks.push(curve);
        }
        if let Some(watch) = &mut kept.watch {
            hooks.push(watch);
        }
        // A log that the run has goes on: its length is in the checkpoints.
        let goes_on = |log: &str| self.checkpoint.is_some() && run_folder::has_log(folder, log);
        if outputs.csv || goes_on(run_folder::TABLE) {
            hooks.push(Csv::append(&folder.join(run_folder::TABLE))?);
        }
        if outputs.tensorboard || goes_on(run_folder::CURVES) {
            hooks.push(TensorBoard::append(folder, outputs.log_every)?);
        }
        if outputs.log_every > 0 || goes_on(run_folder::LAYERS) {
            hooks.push(LayerNorms::append(&folder.join(run_folder::LAYERS), outputs.log_every)?);
        }
        if (outputs.log_every > 0 || goes_on(run_folder::RELUS)) && !valid.is_empty() {
            let (digits, device) = (valid.clone(), self.device.clone());
            let images = digits.len().min(RELU_IMAGES);
            let measure = move |net: &LeNet| dead::count(net, &digits, images, &device);
            hooks.push(DeadRelus::append(&folder.join(run_folder::RELUS), images as u64, measure)?);
        }
        hooks.push(&mut kept.metrics);
        hooks.append(self.display(epochs, valid, &kept.interrupt)); // Closes its page before `interrupt` prints a line.
        hooks.push(&mut kept.interrupt);
        if let Some(limit) = args.length.max_time {
            hooks.push(MaxTime::new(limit));
        }
        if let Some(epochs) = args.length.pause_after {
            hooks.push(PauseAfter::new(epochs));
        }
        if let Some(trace) = &kept.trace {
            hooks.push(trace.last());
        }
        Ok(hooks)
    }

    /// The hook that shows the progress of the training, if there is to be one.
    #[cfg_attr(not(feature = "dashboard"), expect(unused_variables, reason = "for the dashboard"))]
    fn display<'h>(
        &self,
        epochs: u64,
        valid: &DigitSet,
        interrupt: &Interrupt,
    ) -> Hooks<'h, LeNet, HostBatch> {
        let outputs = &self.args.outputs;
        if outputs.quiet {
            return Hooks::new();
        }
        #[cfg(feature = "dashboard")]
        if outputs.dashboard && Dashboard::is_possible() {
            return Hooks::new().with(Dashboard::open(epochs, interrupt.clone(), valid.clone(), self.device));
        }
        Hooks::new().with(Progress::new(epochs).unit("images"))
    }
}
