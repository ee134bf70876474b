//! The commands of the program.

mod answers;
mod at;
mod calibration;
mod certificate;
mod completions;
mod config;
mod confusion;
mod convert;
mod curves;
#[cfg(feature = "dashboard")]
mod dashboard;
mod data;
mod data_of_weights;
mod dead;
mod device;
mod download_bar;
mod ensemble_file;
mod eval;
mod file_url;
mod font;
mod image_list;
mod influence;
mod init;
mod inspect;
mod interrupt;
mod loss_curve;
mod manifest;
mod members;
mod objective;
mod parse;
mod pause;
mod pictures;
mod predict;
mod prepared;
mod print;
mod quiet;
mod recipes;
mod replay;
mod report;
mod resume;
mod run_folder;
mod run_settings;
mod runs;
mod settings;
mod sheet;
mod short_help;
mod stages;
mod suspects;
mod sweep;
mod teacher;
mod terminal;
mod text_plot;
mod train;
mod training;
mod watch;
mod weights_source;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use print::print_error;

/// Trains LeNet, the network of PyTorch's "Neural Networks" tutorial, to read handwritten digits.
///
/// Without arguments it trains on MNIST (downloaded once, 11 MB) for three epochs, tests the network on the
/// 10,000 digits of the test set, and writes the weights and the metrics to a folder under runs/.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: settings::TrainArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Train a network (the default command)
    Train(Box<settings::TrainArgs>),
    /// Test trained weights
    Eval(eval::EvalArgs),
    /// Read the digits in image files
    Predict(predict::PredictArgs),
    /// Draw a sheet of training images: as stored, as the network reads them, augmented; and synthetic digits
    Data(Box<sheet::SheetArgs>),
    /// Make an ensemble of the networks of several runs, which answer together
    Ensemble(members::EnsembleArgs),
    /// Average the weights of runs that began with the same ones
    Average(members::AverageArgs),
    /// Convert weights from one format to another
    Convert(convert::ConvertArgs),
    /// Write a page about runs: curves, what the network learnt, how well it does, where it came from
    Report(report::ReportArgs),
    /// Train over many settings and seeds, and write a page about them
    Sweep(sweep::SweepArgs),
    /// List the recipes, or print the settings of one
    Recipes(recipes::RecipesArgs),
    /// List the runs in a folder and their results
    Runs(runs::RunsArgs),
    /// Rebuild the state of a run at any step: its weights, and a checkpoint to resume from
    At(at::AtArgs),
    /// Show what a step of a run learnt from: its images, their losses and answers, the gradients
    Why(why::WhyArgs),
    /// List the training images whose labels may be wrong: those that the network believes least
    Suspects(suspects::SuspectsArgs),
    /// Find the training images that change answers to test images, by training without them
    Influence(influence::InfluenceArgs),
    /// Print the network, its parameters and the cost of each layer, or draw it
    Summary(inspect::SummaryArgs),
    /// List the devices of this build and of this machine
    Devices,
    /// Print the completions of a shell, or the manual page
    Completions(completions::CompletionsArgs),
}

fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = short_help::shortened(Cli::command());
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Runs the command that `arguments` name; the first one is the name of the program.
pub(crate) fn run(arguments: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let typed = arguments.clone();
    let parsed = parse(config::expand(arguments)?).map_err(|error| match parse(typed) {
        // Of what was typed, without the settings of the recipe.
        Err(error) => error,
        Ok(_) => error,
    });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(help_or_error) => return print::print_clap(&help_or_error),
    };
    match cli.command.unwrap_or(Command::Train(Box::new(cli.train))) {
        Command::Train(args) => train::run(*args),
        Command::Eval(args) => eval::run(args),
        Command::Predict(args) => predict::run(&args),
        Command::Data(args) => sheet::run(&args),
        Command::Ensemble(args) => members::ensemble(&args),
        Command::Average(args) => members::average(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Report(args) => report::run(args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Recipes(args) => recipes::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::At(args) => at::run(args),
        Command::Why(args) => why::run(args),
        Command::Suspects(args) => suspects::run(args),
        Command::Influence(args) => influence::run(args),
        Command::Summary(args) => inspect::summary(&args),
        Command::Devices => inspect::devices(),
        Command::Completions(args) => completions::run(&args, &Cli::command()),
    }
}
