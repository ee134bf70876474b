//! What the program understands, and who does it.

mod config;
mod confusion;
mod convert;
mod data;
mod eval;
mod inspect;
mod interrupt;
mod parse;
mod pictures;
mod predict;
mod resume;
mod run_folder;
mod runs;
mod settings;
mod train;
mod training;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use lenet_backend::{Device, DeviceSpec};
use serde::{Serialize, Serializer};

pub(crate) use config::expand;

/// Trains LeNet, the network of PyTorch's "Neural Networks" tutorial, to read handwritten digits.
///
/// Without arguments it trains on MNIST (downloaded once, 11 MB) for three epochs, tests what it learnt on
/// 10,000 digits it has never seen, and leaves the weights and every number in a folder under runs/.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: settings::TrainArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Train a network (what happens without a command)
    Train(Box<settings::TrainArgs>),
    /// Test trained weights
    Eval(eval::EvalArgs),
    /// Read the digits in image files
    Predict(predict::PredictArgs),
    /// Convert weights from one format to another
    Convert(convert::ConvertArgs),
    /// List the runs in a folder and their results
    Runs(runs::RunsArgs),
    /// Print the network, its parameters and what each layer costs
    Summary,
    /// List the devices of this build and of this machine
    Devices,
}

/// Where to compute.
#[derive(Args, Serialize)]
#[command(next_help_heading = "Device")]
struct DeviceArgs {
    /// Where to compute: flex, ndarray, wgpu, wgpu:cpu or wgpu:N (see `lenet-train devices`)
    #[arg(long, default_value = "flex")]
    #[serde(serialize_with = "as_text")]
    device: DeviceSpec,
    /// CPU threads [default: all]
    #[arg(long, value_name = "N", value_parser = parse::at_least_one)]
    threads: Option<usize>,
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl DeviceArgs {
    /// Sets the number of threads and opens the device.
    fn open(&self) -> anyhow::Result<Device> {
        if let Some(threads) = self.threads {
            lenet_threads::set_threads(threads)?;
        }
        Ok(lenet_backend::open(&self.device)?)
    }
}

/// An error with its causes, on one line. Many errors tell of their cause themselves: those are not told twice.
pub(crate) fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Train(Box::new(cli.train))) {
        Command::Train(args) => train::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Summary => inspect::summary(),
        Command::Devices => inspect::devices(),
    }
}

/// Tells of an error that does not end the program, in a line on standard error.
fn complain(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "error: {}", explain(error)); // Nobody is left to be told.
}

/// Prints a line on standard output. A closed pipe (`| head`) is no reason to stop.
fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
