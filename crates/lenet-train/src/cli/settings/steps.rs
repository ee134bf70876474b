//! Gradient clipping, accumulation, averaging and checks of a training.

use clap::Args;
use serde::Serialize;

use super::super::parse;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Steps and epochs")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StepArgs {
    /// Largest norm of all gradients together [default: none]
    #[arg(long, value_name = "NORM", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(crate) clip_norm: Option<f64>,
    /// Largest number in a gradient [default: none]
    #[arg(long, value_name = "NUMBER", value_parser = parse::positive, allow_negative_numbers = true)]
    pub(crate) clip_value: Option<f64>,
    /// Gradient accumulation: batches per update of the weights
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    pub(crate) accumulate: u64,
    /// Keep a moving average of the weights with this decay, and validate, test and save it instead [default:
    /// none]
    #[arg(long, value_name = "DECAY", value_parser = parse::below_one, allow_negative_numbers = true)]
    pub(crate) ema: Option<f64>,
    /// End after more than so many epochs without a new minimum of the validation loss [default: never]
    #[arg(long, value_name = "EPOCHS", value_parser = parse::from_zero::<u64>, allow_negative_numbers = true)]
    pub(crate) early_stopping: Option<u64>,
    /// Check for NaN and infinities every N-th step and after each epoch, and end with the name of the first
    /// tensor that has one; 0 never checks
    #[arg(long, value_name = "N", default_value = "50", value_parser = parse::from_zero::<u64>, allow_negative_numbers = true)]
    pub(crate) nan_guard: u64,
    /// Train on the first batch only, to see whether the network can fit it
    #[arg(long)]
    pub(crate) overfit_one_batch: bool,
}
