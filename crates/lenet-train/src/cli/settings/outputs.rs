//! Output of a run.

use clap::Args;
use serde::Serialize;

use super::super::parse;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Output")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct OutputArgs {
    /// Save a checkpoint every N steps, and one after each epoch; 0 for the latter only
    #[arg(long, value_name = "N", default_value = "500", value_parser = parse::from_zero::<u64>, allow_negative_numbers = true)]
    pub(crate) checkpoint_every: u64,
    /// Checkpoints to keep, beside the best one
    #[arg(long, value_name = "N", default_value = "2", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    pub(crate) keep: usize,
    /// Write every N-th step to metrics.jsonl and layers.jsonl; 0 for none
    #[arg(long, value_name = "N", default_value = "50", value_parser = parse::from_zero::<u64>, allow_negative_numbers = true)]
    pub(crate) log_every: u64,
    /// Write a row for each epoch to epochs.csv, too
    #[arg(long)]
    pub(crate) csv: bool,
    /// Write curves for TensorBoard, too
    #[arg(long)]
    pub(crate) tensorboard: bool,
    /// Write report.html, a page about the run, too
    #[arg(long)]
    pub(crate) report: bool,
    /// Print nothing but the result
    #[arg(long)]
    pub(crate) quiet: bool,
}
