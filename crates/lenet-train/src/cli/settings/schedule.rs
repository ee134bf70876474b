//! The learning-rate schedule of a training.

use clap::{Args, ValueEnum};
use lenet_train::{OptimizerKind, Schedule};
use serde::Serialize;

use super::super::parse::{self, Steps};
use super::refuse;

/// Default factor of the step schedule, the exponential schedule and a plateau.
const FACTOR: f64 = 0.1;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Learning rate")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ScheduleArgs {
    /// Learning rate; with one-cycle, its peak [default: 0.05 for sgd and nesterov, 0.01 for adagrad, else
    /// 0.002]
    #[arg(long, value_name = "RATE", value_parser = parse::positive, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// Learning-rate schedule
    #[arg(long = "schedule", value_name = "SCHEDULE", value_enum, default_value = "one-cycle")]
    #[serde(rename = "schedule")]
    name: ScheduleName,
    /// Linear warm-up: steps over which the learning rate rises from 0, or a share of all steps such as 10%
    /// (linear and cosine)
    #[arg(long, value_name = "STEPS|SHARE%", default_value = "0", value_parser = parse::steps, allow_negative_numbers = true)]
    warm_up: Steps,
    /// Steps after which the step schedule lowers the rate [default: those of an epoch]
    #[arg(long, value_name = "STEPS", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    step_every: Option<u64>,
    /// Factor of the step schedule at each step, and of the exponential schedule over the whole training
    /// [default: 0.1]
    #[arg(long, value_name = "FACTOR", value_parser = parse::positive, allow_negative_numbers = true)]
    rate_factor: Option<f64>,
    /// Lower the learning rate after more than so many epochs without a new minimum of the validation loss
    /// [default: never]
    #[arg(long, value_name = "EPOCHS", value_parser = parse::from_zero::<u64>, allow_negative_numbers = true)]
    pub(crate) reduce_on_plateau: Option<u64>,
    /// Factor of the learning rate at a plateau [default: 0.1]
    #[arg(long, value_name = "FACTOR", value_parser = parse::positive, allow_negative_numbers = true)]
    plateau_factor: Option<f64>,
    /// Instead of training, raise the learning rate from 0.00001 to 10 in so many steps, write the loss over
    /// the learning rate, and print the learning rate at which the loss falls fastest
    #[arg(long, value_name = "STEPS", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true, conflicts_with = "resume")]
    pub(crate) range_test: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ScheduleName {
    Constant,
    Step,
    Exponential,
    Linear,
    Cosine,
    OneCycle,
}

impl ScheduleArgs {
    /// The schedule for `steps` steps in epochs of `batches` batches.
    pub(crate) fn schedule(&self, optimizer: OptimizerKind, batches: u64, steps: u64) -> Schedule {
        let rate = self.lr.unwrap_or(match optimizer {
            OptimizerKind::Sgd | OptimizerKind::Nesterov => 0.05,
            OptimizerKind::Adagrad => 0.01,
            OptimizerKind::Adam | OptimizerKind::Adamw | OptimizerKind::Rmsprop => 0.002,
        });
        let factor = self.rate_factor.unwrap_or(FACTOR);
        let warm_up_share = match self.warm_up {
            Steps::Share(share) => share,
            Steps::Number(_) => 0.0, // `warm_up_steps` has them.
        };
        match self.name {
            ScheduleName::Constant => Schedule::Constant { learning_rate: rate },
            ScheduleName::Step => {
                let every = self.step_every.unwrap_or(batches);
                Schedule::Step { initial: rate, every, factor }
            }
            ScheduleName::Exponential => {
                let steps = steps.saturating_sub(1).max(1);
                Schedule::Exponential { initial: rate, factor: libm::pow(factor, 1.0 / steps as f64) }
            }
            ScheduleName::Linear => Schedule::WarmUpLinear { peak: rate, warm_up_share },
            ScheduleName::Cosine if warm_up_share > 0.0 => {
                Schedule::WarmUpCosine { peak: rate, warm_up_share }
            }
            ScheduleName::Cosine => Schedule::Cosine { initial: rate, last: 0.0 },
            ScheduleName::OneCycle => Schedule::OneCycle { peak: rate },
        }
    }

    /// Number of steps over which the rates of the schedule are multiplied by 1/steps, 2/steps, … 1.
    pub(crate) fn warm_up_steps(&self) -> u64 {
        match self.warm_up {
            Steps::Number(steps) => steps,
            Steps::Share(_) => 0, // Part of the schedule.
        }
    }

    /// Whether the learning rate of a step depends on the number of epochs.
    pub(crate) fn depends_on_epochs(&self) -> bool {
        !matches!(self.name, ScheduleName::Constant | ScheduleName::Step)
    }

    /// The value of `--schedule`.
    pub(crate) fn name(&self) -> String {
        self.name.to_possible_value().map_or_else(String::new, |name| name.get_name().to_owned())
    }

    /// Factor of a plateau.
    pub(crate) fn plateau_factor(&self) -> f64 {
        self.plateau_factor.unwrap_or(FACTOR)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let beside = format!("--schedule {}", self.name());
        let is_step = self.name == ScheduleName::Step;
        refuse(self.step_every.is_some() && !is_step, "--step-every", &beside, "step")?;
        let has_factor = is_step || self.name == ScheduleName::Exponential;
        refuse(self.rate_factor.is_some() && !has_factor, "--rate-factor", &beside, "step and exponential")?;
        let has_share = matches!(self.name, ScheduleName::Linear | ScheduleName::Cosine);
        let is_share = matches!(self.warm_up, Steps::Share(_));
        refuse(is_share && !has_share, "--warm-up with a share", &beside, "linear and cosine")?;
        let no_plateau = self.reduce_on_plateau.is_none();
        anyhow::ensure!(
            !no_plateau || self.plateau_factor.is_none(),
            "--plateau-factor does nothing without --reduce-on-plateau"
        );
        Ok(())
    }
}
