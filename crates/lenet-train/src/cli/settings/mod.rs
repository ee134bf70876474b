//! The flags of `train`, and the settings that they select.

pub(super) mod augment;
mod distillation;
mod fine_tuning;
pub(super) mod leave_out;
mod length;
mod loss;
mod normalise;
mod optimizer;
mod outputs;
mod schedule;
mod start;
mod steps;

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use lenet_backend::Device;
use lenet_data::DigitSet;
use serde::Serialize;

use super::data::{DataArgs, Digits};
use super::device::DeviceArgs;
use super::init::Init;
use super::manifest::{self, Manifest, Settings};
use super::parse;
use super::recipes::Recipe;
use super::run_settings;
use super::teacher::Teacher;
pub(super) use fine_tuning::Freeze;
use leave_out::LeaveOut;
pub(super) use length::Plan;
pub(super) use loss::OfLabels;

/// Flags that change no bit of the result: a run may resume with other values.
const FREE: [&str; 15] = [
    "data",
    "init", // Its SHA-256 is a setting, as is that of the teacher.
    "teacher",
    "offline",
    "threads",
    "checkpoint-every",
    "keep",
    "quiet",
    "nan-guard",
    "csv",
    "log-every",
    "tensorboard",
    "max-time",
    "recipe",
    "report",
];

/// Images held out by default, of a large training set.
const VALID: usize = 5_000;

#[derive(Args, Serialize)]
#[command(args_override_self = true)]
#[serde(rename_all = "kebab-case")]
pub(super) struct TrainArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) normalise: normalise::NormaliseArgs,
    /// Images held out of the training set to validate on after each epoch [default: 5000, but no more than a
    /// tenth; none if the data have validation images of their own]
    #[arg(long, value_name = "N", value_parser = parse::of_64_bits::<usize>, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) valid: Option<usize>,
    /// Training images to leave out: their indices, counted from 0 among those that are not held out, and slices as Python
    /// has them, such as 7,100:200,3::10; 3::10@0 is a slice of the order shuffled by seed 0. The normalisation stays that of
    /// all images
    #[arg(long, value_name = "INDICES", help_heading = "Data")]
    #[serde(skip_serializing_if = "Option::is_none")] // Runs of versions without this setting go on.
    pub(super) leave_out: Option<LeaveOut>,
    /// Number of synthetic digits to draw, before some are held out, at most 10,000,000 [default: 60,000]
    #[arg(long, value_name = "N", value_parser = parse::synthetic_count, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) synthetic_count: Option<u64>,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) augment: augment::AugmentArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) length: length::LengthArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) start: start::StartArgs,
    /// Seed of the initial weights and of the order of the images
    #[arg(long, default_value = "42", value_parser = parse::of_64_bits::<u64>, allow_negative_numbers = true, help_heading = "Training")]
    #[serde(serialize_with = "parse::as_toml")]
    pub(super) seed: u64,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) fine_tuning: fine_tuning::FineTuningArgs,
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
    pub(super) distillation: distillation::DistillationArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) steps: steps::StepArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) device: DeviceArgs,
    /// Train to the same bits on every processor and system, and print the SHA-256 of the weights. The kernels
    /// that it needs are slower
    #[arg(long, help_heading = "Device")]
    #[serde(skip_serializing_if = "std::ops::Not::not")] // Runs of versions without this setting go on.
    pub(super) reproducible: bool,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) outputs: outputs::OutputArgs,
    /// Take the settings of a recipe where neither flags nor files set others; `lenet-train recipes` lists them
    /// [default: default]
    #[arg(
        long,
        value_enum,
        default_value = "none",
        hide_default_value = true,
        help_heading = "Settings and runs"
    )]
    pub(super) recipe: Recipe,
    /// Take settings from this file, one `flag = value` a line. Flags win, and of several files the later one
    #[arg(long, value_name = "FILE", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
    /// Resume the run in this folder from its newest checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "out", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) resume: Option<PathBuf>,
    /// Train this many times, with the seeds from --seed on, each run in a folder of its own, and print the mean of the test
    /// accuracies with an interval [default: once]
    #[arg(
        long,
        value_name = "N",
        value_parser = parse::at_least_one::<u64>,
        allow_negative_numbers = true,
        conflicts_with_all = ["resume", "range_test", "pause_after", "trace"],
        help_heading = "Settings and runs"
    )]
    #[serde(skip)]
    pub(super) repeat: Option<u64>,
    /// Folder for the weights and the metrics of this run [default: a new one under runs/]
    #[arg(long, value_name = "DIR", help_heading = "Settings and runs")]
    #[serde(skip)]
    pub(super) out: Option<PathBuf>,
}

impl TrainArgs {
    /// Chooses the kernels and opens the device.
    pub(super) fn open_device(&self) -> anyhow::Result<Device> {
        let spec = self.device.device;
        ensure!(
            !self.reproducible || !spec.backend().is_gpu(),
            "--reproducible needs a CPU device, and --device is {spec}: drivers of GPUs round each in its own way"
        );
        ensure!(
            !self.reproducible || lenet_backend::use_portable_kernels(),
            "--reproducible came too late: other kernels have computed before"
        );
        self.device.open()
    }

    /// Whether a setting changes no bit of the result.
    pub(super) fn is_free(name: &str) -> bool {
        FREE.contains(&name)
    }

    /// Sets the defaults that depend on other flags.
    pub(super) fn complete(&mut self) {
        self.length.complete();
    }

    /// Refuses flags that have no effect beside the others, with the reason.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.normalise.check()?;
        self.optimizer.check()?;
        self.schedule.check()?;
        self.loss.check()?;
        self.distillation.check(&self.loss)?;
        ensure!(
            !self.reproducible || self.distillation.teacher.is_none(),
            "--reproducible takes no --teacher: the loss against its answers is rounded as each system rounds exp and ln"
        );
        Ok(())
    }

    /// The numbers of epochs and steps for `len` training images. A range test has its own.
    pub(super) fn plan(&self, len: usize) -> Plan {
        let plan = self.length.plan(len);
        match self.schedule.range_test {
            Some(steps) => {
                let epochs = steps.div_ceil(plan.batches.max(1));
                Plan { epochs, steps: epochs * plan.batches, is_limited: false, ..plan }
            }
            None => plan,
        }
    }

    /// Settings that must equal those of a checkpoint: all that change a bit of the result.
    pub(super) fn settings(&self, sha256: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut settings = vec![("data-sha256".to_owned(), sha256.to_owned())];
        for (key, value) in toml::Table::try_from(self)? {
            if !FREE.contains(&&*key) {
                settings.push((key, value.to_string()));
            }
        }
        Ok(settings)
    }

    /// Checks that the settings are those in the file `run_toml`, with which a run began.
    pub(super) fn has_settings_of(&self, run_toml: &Path) -> anyhow::Result<()> {
        let then = run_settings::read_sealed(run_toml)?.parse::<toml::Table>()?;
        let now = toml::Table::try_from(self)?;
        // Whether there may be more or fewer epochs depends on those that were trained.
        let is_free = |key: &str| key == "epochs" || FREE.contains(&key);
        for key in now.keys().chain(then.keys()).filter(|key| !is_free(key)) {
            let text = |table: &toml::Table| table.get(key).map_or("not set".to_owned(), ToString::to_string);
            let (then, now) = (text(&then), text(&now));
            ensure!(
                then == now,
                "--resume goes on with a run of another training: `{key}` was {then}, is {now}; to change settings, train anew with \
                 --config {} and another --out",
                run_toml.display()
            );
        }
        Ok(())
    }

    /// Number of images to hold out of `train`, and records it in place of the default.
    pub(super) fn resolve_valid(&mut self, train: usize, has_valid: bool) -> anyhow::Result<usize> {
        refuse(has_valid && self.valid.unwrap_or(0) > 0, "--valid", "a folder `valid`", "data without one")?;
        let default = if has_valid { 0 } else { VALID.min(train / 10) };
        let held_out = *self.valid.get_or_insert(default);
        ensure!(held_out < train, "--valid {held_out} leaves none of the {train} images to train on");
        Ok(held_out)
    }

    /// Describes a run on these images; `sha256` is that of the training images with those held out.
    pub(super) fn manifest<'a>(
        &self,
        digits: &'a Digits,
        train: &DigitSet,
        valid: &DigitSet,
        sha256: &str,
        init: Option<&Init>,
        teacher: Option<&Teacher>,
    ) -> Manifest<'a> {
        let plan = self.length.plan(train.len());
        Manifest {
            format: 1,
            started: jiff::Timestamp::now().to_string(),
            settings: Settings {
                seed: self.seed,
                recipe: self.recipe,
                epochs: plan.epochs,
                steps: plan.steps,
                batch_size: self.length.batch_size,
                loss: self.loss.loss,
                optimizer: self.optimizer.optimizer(),
                schedule: self.schedule.schedule(self.optimizer.kind, plan.batches, plan.steps),
                frozen: self.fine_tuning.freeze.clone(),
            },
            data: manifest::Data {
                name: digits.name,
                description: &digits.description,
                sha256: sha256.to_owned(),
                train: train.len(),
                valid: valid.len(),
                classes: train.classes(),
                class_names: train.class_names().to_vec(),
                mean: train.normalisation().mean,
                std: train.normalisation().std,
            },
            init: init.map(Init::record),
            teacher: teacher.map(Teacher::record),
            device: manifest::Device::here(self.device.device),
            versions: manifest::Versions::of_this_program(),
        }
    }
}

/// Refuses a flag that was given and has no effect.
fn refuse(given: bool, flag: &str, beside: impl std::fmt::Display, takes: &str) -> anyhow::Result<()> {
    ensure!(!given, "{flag} does nothing beside {beside}: it is for {takes}");
    Ok(())
}
