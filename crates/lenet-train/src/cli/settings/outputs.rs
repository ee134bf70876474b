//! Output of a run.

use std::path::PathBuf;

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
    /// Show a live page on the terminal: curves, speed, time left, misread digits; `q` ends the training as Ctrl-C does.
    /// Without a terminal, or with --quiet, there is no page
    #[cfg(feature = "dashboard")]
    #[arg(long)]
    #[serde(skip)]
    pub(crate) dashboard: bool,
    /// Write a trace of the first steps, which ui.perfetto.dev and chrome://tracing show: the time of loading, forward,
    /// loss, backward, hooks, optimizer, validation and checkpoints
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) trace: Option<PathBuf>,
    /// Print nothing but the result
    #[arg(long)]
    pub(crate) quiet: bool,
}
