//! `train`: from flags to a trained network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use clap::{Args, ValueEnum};
use indicatif::HumanCount;
use lenet_backend::Device;
use lenet_data::mnist::Split;
use lenet_data::{DigitSet, HostBatch, Loader};
use lenet_model::{LeNet, summary, weights};
use lenet_train::hooks::{JsonLines, Progress, Record};
use lenet_train::{End, Evaluation, Loss, Optimizer, OptimizerKind, Outcome, Schedule, Trainer, evaluate};

use super::data::{DataArgs, Digits};
use super::interrupt::{self, Interrupt};
use super::run_folder::{self, Manifest, Settings};
use super::{DeviceArgs, parse, say};

/// Images are evaluated in batches of this size.
pub(super) const EVALUATION_BATCH: usize = 250;

#[derive(Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
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
    /// Decides the initial weights and the order of the images
    #[arg(long, default_value = "42")]
    seed: u64,
    /// Images held out of the training set to validate on after each epoch
    #[arg(long, value_name = "N", default_value = "5000")]
    valid: usize,
    #[command(flatten)]
    device: DeviceArgs,
    /// Folder for the weights and the numbers of this run [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write every N-th step to metrics.jsonl; 0 for none
    #[arg(long, value_name = "N", default_value = "50")]
    log_every: u64,
    /// Print nothing but the result
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScheduleName {
    Constant,
    OneCycle,
}

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let digits = args.data.find(args.quiet)?;
    let mut train = digits.load(Split::Train)?;
    let (all, held_out) = (train.len(), args.valid);
    ensure!(held_out < all, "--valid {held_out} leaves none of the {all} images to train on");
    let manifest = args.manifest(&digits, &train);
    let valid = train.split_off(all - held_out);

    let folder = run_folder::create(args.out.as_deref(), digits.name, args.optimizer, args.seed)?;
    run_folder::write_manifest(&folder, &manifest)?;
    let mut metrics = JsonLines::append(&folder.join(run_folder::METRICS), args.log_every)?;
    if !args.quiet {
        announce(args, &digits, train.len(), valid.len());
    }

    let outcome = fit(args, &device, train, valid, &mut metrics)?;
    let net = outcome.model.valid();
    weights::save(&net, &folder.join(run_folder::WEIGHTS))?;
    let test = Loader::new(digits.load(Split::Test)?, EVALUATION_BATCH)?;
    let test = evaluate(&test, &device, args.loss, |images| net.forward(images))?;
    metrics.write(&end_record(&outcome, test))?;
    report(&outcome, test, &folder);
    let interrupted = outcome.end == End::Hook(interrupt::REASON.into());
    Ok(if interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS })
}

fn fit(
    args: &TrainArgs,
    device: &Device,
    train: DigitSet,
    valid: DigitSet,
    metrics: &mut JsonLines,
) -> anyhow::Result<Outcome<LeNet>> {
    let training_device = device.clone().autodiff();
    let train = Loader::new(train, args.batch_size)?.shuffle(args.seed).prefetch(1);
    let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&training_device);
        args.loss.forward(net.forward(batch.images), batch.labels)
    })
    .optimizer(args.optimizer())
    .schedule(args.schedule())
    .epochs(args.epochs as u64)
    .hook(metrics)
    .hook(Interrupt::watch()?);
    if !valid.is_empty() {
        let valid = Loader::new(valid, EVALUATION_BATCH)?;
        trainer = trainer
            .validate(move |net: &LeNet| evaluate(&valid, device, args.loss, |images| net.forward(images)));
    }
    if !args.quiet {
        trainer = trainer.hook(Progress::new(args.epochs as u64));
    }
    Ok(trainer.fit(LeNet::new(args.seed, &training_device), &train)?)
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

    fn schedule(&self) -> Schedule {
        let rate = self.lr.unwrap_or(match self.optimizer {
            OptimizerKind::Sgd | OptimizerKind::Nesterov => 0.05,
            OptimizerKind::Adagrad => 0.01,
            OptimizerKind::Adam | OptimizerKind::Adamw | OptimizerKind::Rmsprop => 0.002,
        });
        match self.schedule {
            ScheduleName::Constant => Schedule::Constant { learning_rate: rate },
            ScheduleName::OneCycle => Schedule::OneCycle { peak: rate },
        }
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
                schedule: self.schedule(),
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
