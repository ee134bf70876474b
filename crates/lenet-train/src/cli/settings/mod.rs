//! The flags of `train`, and what they come to.

mod loss;
mod optimizer;
mod outputs;
mod schedule;
mod steps;

use std::path::PathBuf;

use clap::Args;
use lenet_data::DigitSet;
use serde::Serialize;

use super::data::{DataArgs, Digits};
use super::run_folder::{self, Manifest, Settings};
use super::{DeviceArgs, parse};

/// Flags that change no bit of the result: a run may go on with others.
const FREE: [&str; 7] = ["data", "offline", "threads", "checkpoint-every", "keep", "quiet", "nan-guard"];

#[derive(Args, Serialize)]
#[command(args_override_self = true)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TrainArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) data: DataArgs,
    /// Images held out of the training set to validate on after each epoch
    #[arg(long, value_name = "N", default_value = "5000", help_heading = "Data")]
    pub(super) valid: usize,
    /// Move each image by up to so many pixels, elsewhere in every epoch
    #[arg(long, value_name = "PIXELS", default_value = "0", help_heading = "Data")]
    pub(super) shift: usize,
    /// How often to go through the digits
    #[arg(long, value_name = "N", default_value = "3", value_parser = parse::at_least_one, help_heading = "Training")]
    pub(super) epochs: usize,
    /// Images per step
    #[arg(long, value_name = "N", default_value = "64", value_parser = parse::at_least_one, help_heading = "Training")]
    pub(super) batch_size: usize,
    /// Decides the initial weights and the order of the images
    #[arg(long, default_value = "42", help_heading = "Training")]
    pub(super) seed: u64,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) optimizer: optimizer::OptimizerArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) schedule: schedule::ScheduleArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) loss: loss::LossArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) steps: steps::StepArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) device: DeviceArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) outputs: outputs::OutputArgs,
    /// Take settings from this file, one `flag = value` a line; flags win
    #[arg(long, value_name = "FILE", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
    /// Go on with the run in this folder, from its newest checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "out", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) resume: Option<PathBuf>,
    /// Folder for the weights and the numbers of this run [default: a new one under runs/]
    #[arg(long, value_name = "DIR", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) out: Option<PathBuf>,
}

impl TrainArgs {
    /// Refuses flags that the others make meaningless, with one line that says why.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.optimizer.check()?;
        self.schedule.check()?;
        self.loss.check()
    }

    /// How often to go through the digits, given the batches of one epoch.
    pub(super) fn epochs(&self, batches: usize) -> u64 {
        let epochs = self.schedule.range_test.map(|steps| steps.div_ceil(batches.max(1)));
        epochs.unwrap_or(self.epochs) as u64
    }

    /// What a checkpoint must agree with: all that changes a bit of the result.
    pub(super) fn settings(&self, sha256: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut settings = vec![("data-sha256".to_owned(), sha256.to_owned())];
        for (key, value) in toml::Table::try_from(self)? {
            if !FREE.contains(&&*key) {
                settings.push((key, value.to_string()));
            }
        }
        Ok(settings)
    }

    pub(super) fn manifest<'a>(&self, digits: &'a Digits, train: &DigitSet) -> Manifest<'a> {
        let batches = (train.len() - self.valid).div_ceil(self.batch_size) as u64;
        Manifest {
            format: 1,
            started: jiff::Timestamp::now().to_string(),
            settings: Settings {
                seed: self.seed,
                epochs: self.epochs,
                batch_size: self.batch_size,
                loss: self.loss.loss,
                optimizer: self.optimizer.optimizer(),
                schedule: self.schedule.schedule(self.optimizer.kind, batches, self.epochs as u64),
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

/// Refuses a flag that was given and does nothing.
fn refuse(given: bool, flag: &str, beside: impl std::fmt::Display, takes: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!given, "{flag} does nothing beside {beside}: it is for {takes}");
    Ok(())
}
