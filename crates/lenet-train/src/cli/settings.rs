//! The flags of `train`, and what they come to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lenet_data::DigitSet;
use lenet_train::{Loss, Optimizer, OptimizerKind, Schedule};
use serde::Serialize;

use super::data::{DataArgs, Digits};
use super::run_folder::{self, Manifest, Settings};
use super::{DeviceArgs, parse};

#[derive(Args, Serialize)]
#[command(args_override_self = true)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TrainArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) data: DataArgs,
    /// How often to go through the digits
    #[arg(long, value_name = "N", default_value = "3", value_parser = parse::at_least_one)]
    pub(super) epochs: usize,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "64", value_parser = parse::at_least_one)]
    pub(super) batch_size: usize,
    /// How gradients change the weights
    #[arg(long, value_enum, default_value = "sgd")]
    pub(super) optimizer: OptimizerKind,
    /// Learning rate; with one-cycle, its peak [default: 0.05 for sgd and nesterov, 0.01 for adagrad, else 0.002]
    #[arg(long, value_name = "RATE", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(super) lr: Option<f64>,
    /// How the learning rate changes from step to step
    #[arg(long, value_enum, default_value = "one-cycle")]
    schedule: ScheduleName,
    /// Momentum of sgd, nesterov and rmsprop [default: 0.9; for rmsprop 0]
    #[arg(long, value_name = "M", value_parser = parse::below_one, allow_negative_numbers = true)]
    pub(super) momentum: Option<f64>,
    /// Weight decay [default: 0.0005 for sgd and nesterov, 0.01 for adamw, else 0]
    #[arg(long, value_name = "D", value_parser = parse::not_negative, allow_negative_numbers = true)]
    pub(super) weight_decay: Option<f64>,
    /// What is minimised
    #[arg(long, value_enum, default_value = "cross-entropy")]
    pub(super) loss: Loss,
    /// Share of each target that goes to all classes alike (cross-entropy)
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse::below_one, allow_negative_numbers = true)]
    pub(super) smoothing: f64,
    /// Steps over which the learning rate rises from 0 at the beginning
    #[arg(long, value_name = "STEPS", default_value = "0")]
    pub(super) warm_up: u64,
    /// Steps after which the step schedule lowers the rate [default: those of an epoch]
    #[arg(long, value_name = "STEPS", value_parser = parse::at_least_one)]
    pub(super) step_every: Option<usize>,
    /// By which the step schedule multiplies the rate, and the exponential one in all
    #[arg(long, value_name = "FACTOR", default_value = "0.1", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(super) rate_factor: f64,
    /// Largest norm of all gradients together [default: none]
    #[arg(long, value_name = "NORM", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(super) clip_norm: Option<f64>,
    /// Largest number in a gradient [default: none]
    #[arg(long, value_name = "NUMBER", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(super) clip_value: Option<f64>,
    /// Batches to one update of the weights
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::at_least_one)]
    pub(super) accumulate: usize,
    /// Keep a moving average of the weights with this decay, and test and save it instead [default: none]
    #[arg(long, value_name = "DECAY", value_parser = parse::below_one, allow_negative_numbers = true)]
    pub(super) ema: Option<f64>,
    /// End when the validation loss has got no better for so many epochs [default: never]
    #[arg(long, value_name = "EPOCHS")]
    pub(super) early_stopping: Option<u64>,
    /// Move each image by up to so many pixels, elsewhere in every epoch
    #[arg(long, value_name = "PIXELS", default_value = "0")]
    pub(super) shift: usize,
    /// Decides the initial weights and the order of the images
    #[arg(long, default_value = "42")]
    pub(super) seed: u64,
    /// Images held out of the training set to validate on after each epoch
    #[arg(long, value_name = "N", default_value = "5000")]
    pub(super) valid: usize,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) device: DeviceArgs,
    /// Save a checkpoint every N steps, and one after each epoch; 0 for the latter only
    #[arg(long, value_name = "N", default_value = "500")]
    pub(super) checkpoint_every: u64,
    /// Checkpoints to keep, beside the best one
    #[arg(long, value_name = "N", default_value = "2", value_parser = parse::at_least_one)]
    pub(super) keep: usize,
    /// Take settings from this file, one `flag = value` a line; flags win
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
    /// Go on with the run in this folder, from its newest checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "out")]
    #[serde(skip)]
    pub(super) resume: Option<PathBuf>,
    /// Write curves for TensorBoard, too
    #[arg(long)]
    pub(super) tensorboard: bool,
    /// Folder for the weights and the numbers of this run [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    pub(super) out: Option<PathBuf>,
    /// Write every N-th step to metrics.jsonl; 0 for none
    #[arg(long, value_name = "N", default_value = "50")]
    pub(super) log_every: u64,
    /// Print nothing but the result
    #[arg(long)]
    pub(super) quiet: bool,
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

impl TrainArgs {
    /// The optimizer asked for. What is not set is what trains this network well.
    pub(super) fn optimizer(&self) -> Optimizer {
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
    pub(super) fn schedule(&self, batches: u64) -> Schedule {
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
    pub(super) fn settings(&self, sha256: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut settings = vec![("data-sha256".to_owned(), sha256.to_owned())];
        for (key, value) in toml::Table::try_from(self)? {
            if !["data", "offline", "threads", "checkpoint-every", "keep", "quiet"].contains(&&*key) {
                settings.push((key, value.to_string()));
            }
        }
        Ok(settings)
    }

    pub(super) fn manifest<'a>(&self, digits: &'a Digits, train: &DigitSet) -> Manifest<'a> {
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
