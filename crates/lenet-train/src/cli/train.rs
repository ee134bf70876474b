//! `train`: from flags to a trained network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use clap::{Args, ValueEnum};
use indicatif::HumanCount;
use lenet_backend::Device;
use lenet_data::mnist::Split;
use lenet_data::{DigitSet, HostBatch, Loader, Shifted};
use lenet_model::{LeNet, summary, weights};
use lenet_train::hooks::{
    Accumulate, ClipGradNorm, ClipGradValue, EarlyStopping, Ema, JsonLines, Progress, Record, TensorBoard,
};
use lenet_train::{
    Checkpoint, Checkpoints, CrossEntropy, End, Evaluation, Loss, Optimizer, OptimizerKind, Outcome,
    Schedule, Trainer, evaluate,
};
use serde::Serialize;

use super::data::{DataArgs, Digits};
use super::interrupt::{self, Interrupt};
use super::run_folder::{self, Manifest, Settings};
use super::{DeviceArgs, parse, resume, say};

/// Images are evaluated in batches of this size.
pub(super) const EVALUATION_BATCH: usize = 250;

#[derive(Args, Serialize)]
#[command(args_override_self = true)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TrainArgs {
    #[command(flatten)]
    #[serde(flatten)]
    data: DataArgs,
    /// How often to go through the digits
    #[arg(long, value_name = "N", default_value = "3", value_parser = parse::at_least_one)]
    epochs: usize,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "64", value_parser = parse::at_least_one)]
    batch_size: usize,
    /// How gradients change the weights
    #[arg(long, value_enum, default_value = "sgd")]
    optimizer: OptimizerKind,
    /// Learning rate; with one-cycle, its peak [default: 0.05 for sgd and nesterov, 0.01 for adagrad, else 0.002]
    #[arg(long, value_name = "RATE", value_parser = parse::positive, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// How the learning rate changes from step to step
    #[arg(long, value_enum, default_value = "one-cycle")]
    schedule: ScheduleName,
    /// Momentum of sgd, nesterov and rmsprop [default: 0.9; for rmsprop 0]
    #[arg(long, value_name = "M", value_parser = parse::below_one, allow_negative_numbers = true)]
    momentum: Option<f64>,
    /// Weight decay [default: 0.0005 for sgd and nesterov, 0.01 for adamw, else 0]
    #[arg(long, value_name = "D", value_parser = parse::not_negative, allow_negative_numbers = true)]
    weight_decay: Option<f64>,
    /// What is minimised
    #[arg(long, value_enum, default_value = "cross-entropy")]
    loss: Loss,
    /// Share of each target that goes to all classes alike (cross-entropy)
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse::below_one, allow_negative_numbers = true)]
    smoothing: f64,
    /// Steps over which the learning rate rises from 0 at the beginning
    #[arg(long, value_name = "STEPS", default_value = "0")]
    warm_up: u64,
    /// Steps after which the step schedule lowers the rate [default: those of an epoch]
    #[arg(long, value_name = "STEPS", value_parser = parse::at_least_one)]
    step_every: Option<usize>,
    /// By which the step schedule multiplies the rate, and the exponential one in all
    #[arg(long, value_name = "FACTOR", default_value = "0.1", value_parser = parse::positive, allow_negative_numbers = true)]
    rate_factor: f64,
    /// Largest norm of all gradients together [default: none]
    #[arg(long, value_name = "NORM", value_parser = parse::positive, allow_negative_numbers = true)]
    clip_norm: Option<f64>,
    /// Largest number in a gradient [default: none]
    #[arg(long, value_name = "NUMBER", value_parser = parse::positive, allow_negative_numbers = true)]
    clip_value: Option<f64>,
    /// Batches to one update of the weights
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::at_least_one)]
    accumulate: usize,
    /// Keep a moving average of the weights with this decay, and test and save it instead [default: none]
    #[arg(long, value_name = "DECAY", value_parser = parse::below_one, allow_negative_numbers = true)]
    ema: Option<f64>,
    /// End when the validation loss has got no better for so many epochs [default: never]
    #[arg(long, value_name = "EPOCHS")]
    early_stopping: Option<u64>,
    /// Move each image by up to so many pixels, elsewhere in every epoch
    #[arg(long, value_name = "PIXELS", default_value = "0")]
    shift: usize,
    /// Decides the initial weights and the order of the images
    #[arg(long, default_value = "42")]
    seed: u64,
    /// Images held out of the training set to validate on after each epoch
    #[arg(long, value_name = "N", default_value = "5000")]
    valid: usize,
    #[command(flatten)]
    #[serde(flatten)]
    device: DeviceArgs,
    /// Save a checkpoint every N steps, and one after each epoch; 0 for the latter only
    #[arg(long, value_name = "N", default_value = "500")]
    checkpoint_every: u64,
    /// Checkpoints to keep, beside the best one
    #[arg(long, value_name = "N", default_value = "2", value_parser = parse::at_least_one)]
    keep: usize,
    /// Take settings from this file, one `flag = value` a line; flags win
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Go on with the run in this folder, from its newest checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "out")]
    #[serde(skip)]
    resume: Option<PathBuf>,
    /// Write curves for TensorBoard, too
    #[arg(long)]
    tensorboard: bool,
    /// Folder for the weights and the numbers of this run [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    out: Option<PathBuf>,
    /// Write every N-th step to metrics.jsonl; 0 for none
    #[arg(long, value_name = "N", default_value = "50")]
    log_every: u64,
    /// Print nothing but the result
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ScheduleName {
    Constant,
    Step,
    Exponential,
    Cosine,
    OneCycle,
}

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let digits = args.data.find(args.quiet)?;
    let mut train = digits.load(Split::Train)?;
    let (all, held_out) = (train.len(), args.valid);
    ensure!(held_out < all, "--valid {held_out} leaves none of the {all} images to train on");
    let (manifest, sha256) = (args.manifest(&digits, &train), train.sha256());
    let valid = train.split_off(all - held_out);

    let (folder, checkpoint) = match &args.resume {
        Some(folder) => (folder.clone(), resume::newest(folder)?),
        None => (run_folder::create(args.out.as_deref(), digits.name, args.optimizer, args.seed)?, None),
    };
    if args.resume.is_none() {
        run_folder::write_manifest(&folder, &manifest)?;
        run_folder::write_settings(&folder, args)?;
    }
    let mut metrics = JsonLines::append(&folder.join(run_folder::METRICS), args.log_every)?;
    if !args.quiet {
        announce(args, &digits, train.len(), valid.len());
    }

    let mut ema = args.ema.map(Ema::new);
    let run = Run { args, device: &device, folder: &folder, sha256, checkpoint };
    let outcome = run.fit(train, valid, &mut metrics, ema.as_mut())?;
    let net = outcome.model.valid();
    let net = ema.iter().fold(net, |net, ema| ema.apply(net));
    weights::save(&net, &folder.join(run_folder::WEIGHTS))?;
    let test = Loader::new(digits.load(Split::Test)?, EVALUATION_BATCH)?;
    let test = evaluate(&test, &device, args.loss, |images| net.forward(images))?;
    metrics.write(&end_record(&outcome, test))?;
    report(&outcome, test, &folder);
    let interrupted = outcome.end == End::Hook(interrupt::REASON.into());
    Ok(if interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS })
}

/// A run that is about to begin, or to go on.
struct Run<'a> {
    args: &'a TrainArgs,
    device: &'a Device,
    folder: &'a Path,
    /// Of the digits.
    sha256: String,
    checkpoint: Option<Checkpoint>,
}

impl Run<'_> {
    fn fit(
        self,
        train: DigitSet,
        valid: DigitSet,
        metrics: &mut JsonLines,
        ema: Option<&mut Ema>,
    ) -> anyhow::Result<Outcome<LeNet>> {
        let Self { args, device, folder, .. } = self;
        let training_device = device.clone().autodiff();
        let train = Shifted::new(train, args.shift, args.seed);
        let train = Loader::new(train, args.batch_size)?.shuffle(args.seed).prefetch(1);
        let cross_entropy = CrossEntropy::new().smoothing(args.smoothing as f32);
        let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&training_device);
            let logits = net.forward(batch.images);
            match args.loss {
                Loss::CrossEntropy => cross_entropy.forward(logits, batch.labels),
                loss @ Loss::Mse => loss.forward(logits, batch.labels),
            }
        })
        .optimizer(args.optimizer())
        .schedule(args.schedule(train.batches() as u64))
        .warm_up(args.warm_up)
        .epochs(args.epochs as u64);
        if args.accumulate > 1 {
            trainer = trainer.hook(Accumulate::over(args.accumulate as u64));
        }
        if let Some(limit) = args.clip_norm {
            trainer = trainer.hook(ClipGradNorm::new(limit));
        }
        if let Some(limit) = args.clip_value {
            trainer = trainer.hook(ClipGradValue::new(limit));
        }
        if let Some(ema) = ema {
            trainer = trainer.hook(ema);
        }
        if let Some(epochs) = args.early_stopping {
            trainer = trainer.hook(EarlyStopping::new(epochs));
        }
        if args.tensorboard {
            trainer = trainer.hook(TensorBoard::append(folder, args.log_every)?);
        }
        trainer = trainer.hook(metrics).hook(Interrupt::watch()?);
        if !valid.is_empty() {
            let valid = Loader::new(valid, EVALUATION_BATCH)?;
            trainer = trainer.validate(move |net: &LeNet| {
                evaluate(&valid, device, args.loss, |images| net.forward(images))
            });
        }
        if !args.quiet {
            trainer = trainer.hook(Progress::new(args.epochs as u64));
        }
        for (key, value) in args.settings(&self.sha256)? {
            trainer = trainer.setting(&key, value);
        }
        let checkpoints = Checkpoints::in_folder(folder.join(resume::CHECKPOINTS));
        trainer = trainer
            .checkpoints(checkpoints.every_steps(args.checkpoint_every).keep_last(args.keep).keep_best());
        if let Some(checkpoint) = self.checkpoint {
            trainer = trainer.resume(checkpoint);
        }
        Ok(trainer.fit(LeNet::new(args.seed, &training_device), &train)?)
    }
}

impl TrainArgs {
    /// The optimizer asked for. What is not set is what trains this network well.
    fn optimizer(&self) -> Optimizer {
        let default = match self.optimizer {
            kind @ (OptimizerKind::Sgd | OptimizerKind::Nesterov) => {
                Optimizer::new(kind).momentum(0.9).weight_decay(5e-4)
            }
            kind => Optimizer::new(kind),
        };
        default
            .momentum(self.momentum.unwrap_or(default.momentum))
            .weight_decay(self.weight_decay.unwrap_or(default.weight_decay))
    }

    /// The schedule asked for, with epochs of so many `batches`.
    fn schedule(&self, batches: u64) -> Schedule {
        let rate = self.lr.unwrap_or(match self.optimizer {
            OptimizerKind::Sgd | OptimizerKind::Nesterov => 0.05,
            OptimizerKind::Adagrad => 0.01,
            OptimizerKind::Adam | OptimizerKind::Adamw | OptimizerKind::Rmsprop => 0.002,
        });
        match self.schedule {
            ScheduleName::Constant => Schedule::Constant { learning_rate: rate },
            ScheduleName::Step => {
                let every = self.step_every.map_or(batches, |every| every as u64);
                Schedule::Step { initial: rate, every, factor: self.rate_factor }
            }
            ScheduleName::Exponential => {
                let steps = (batches * self.epochs as u64).saturating_sub(1).max(1);
                Schedule::Exponential { initial: rate, factor: self.rate_factor.powf(1.0 / steps as f64) }
            }
            ScheduleName::Cosine => Schedule::Cosine { initial: rate, last: 0.0 },
            ScheduleName::OneCycle => Schedule::OneCycle { peak: rate },
        }
    }

    /// What a checkpoint must agree with: all that changes a bit of the result.
    fn settings(&self, sha256: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut settings = vec![("data-sha256".to_owned(), sha256.to_owned())];
        for (key, value) in toml::Table::try_from(self)? {
            if !["data", "offline", "threads", "checkpoint-every", "keep", "quiet"].contains(&&*key) {
                settings.push((key, value.to_string()));
            }
        }
        Ok(settings)
    }

    fn manifest<'a>(&self, digits: &'a Digits, train: &DigitSet) -> Manifest<'a> {
        Manifest {
            format: 1,
            started: jiff::Timestamp::now().to_string(),
            settings: Settings {
                seed: self.seed,
                epochs: self.epochs,
                batch_size: self.batch_size,
                loss: self.loss,
                optimizer: self.optimizer(),
                schedule: self.schedule((train.len() - self.valid).div_ceil(self.batch_size) as u64),
            },
            data: run_folder::Data {
                name: digits.name,
                description: &digits.description,
                sha256: train.sha256(),
                train: train.len() - self.valid,
                valid: self.valid,
            },
            device: run_folder::Device::here(self.device.device),
            versions: run_folder::Versions::of_this_program(),
        }
    }
}

fn announce(args: &TrainArgs, digits: &Digits, train: usize, valid: usize) {
    let parameters = HumanCount(summary().parameters() as u64);
    say(format!("LeNet, {parameters} parameters, on {}", args.device.device));
    let (train, valid) = (HumanCount(train as u64), HumanCount(valid as u64));
    say(format!("{}: {train} images to train on, {valid} to validate on", digits.description));
}

fn end_record(outcome: &Outcome<LeNet>, test: Evaluation) -> Record {
    let seconds = outcome.training_time.as_secs_f64();
    Record::End {
        epochs: outcome.epochs,
        steps: outcome.steps,
        reason: outcome.end.to_string(),
        test_loss: Some(test.loss),
        test_accuracy: Some(test.accuracy),
        seconds,
        images_per_second: outcome.samples as f64 / seconds,
    }
}

fn report(outcome: &Outcome<LeNet>, test: Evaluation, folder: &Path) {
    let seconds = outcome.training_time.as_secs_f64();
    let rate = HumanCount((outcome.samples as f64 / seconds) as u64);
    say(format!(
        "test accuracy {:.2} % on {} images not seen before (loss {:.4}), after {seconds:.1} s of training at {rate} images/s",
        100.0 * test.accuracy,
        HumanCount(test.samples as u64),
        test.loss,
    ));
    let [weights, metrics, manifest] = [run_folder::WEIGHTS, run_folder::METRICS, run_folder::MANIFEST];
    say(format!("in {}: {weights}, {metrics}, {manifest}", folder.display()));
}
