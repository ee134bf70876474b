//! The command line.

mod list;
mod mutate;
mod run;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};
use lenet_conformance::Rung;
use lenet_report::conformance::Event;

/// Every check passed, warned or could not be compared.
const PASSED: u8 = 0;
/// At least one check failed.
const FAILED: u8 = 1;
/// The comparison did not take place.
const COULD_NOT_RUN: u8 = 2;

/// Compares a backend with an f64 oracle, from single operations up to training.
///
/// Prints JSON objects, one a line. Exit code: 0 if no check failed, 1 if one did, 2 if the comparison could not take
/// place (a wrong argument, or the subject cannot be had on this machine or in this build).
#[derive(Parser)]
#[command(name = "lenet-conformance", version)]
enum Cli {
    /// Run the ladder on one subject
    Run(RunArgs),
    /// Read what all the other subjects wrote into the exchange folder
    Read(ReadArgs),
    /// Repeat the failed case of a replay file
    Replay {
        /// The file
        file: PathBuf,
    },
    /// List subjects, rungs and cases
    List {
        /// The cases of the short ladder
        #[arg(long)]
        quick: bool,
    },
    /// Plant bugs and see which rung catches each
    Mutate {
        /// The backend to plant them on
        #[arg(long, default_value = "flex")]
        subject: String,
        /// Only those whose names match this pattern (* and ?)
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Args)]
struct RunArgs {
    /// flex, flex-stock, flex-f64, ndarray, ndarray-stock, wgpu, wgpu:cpu or wgpu:N
    #[arg(long)]
    subject: String,
    /// Only this rung; may be repeated
    #[arg(long = "rung", value_parser = rung)]
    rungs: Vec<Rung>,
    /// Only cases whose names match this pattern (* and ?)
    #[arg(long)]
    case: Option<String>,
    /// Seed of the random inputs of single operations
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The short ladder: fewer shapes and steps
    #[arg(long)]
    quick: bool,
    /// The folder for what other subjects are to read
    #[arg(long)]
    exchange: Option<PathBuf>,
    /// The folder for replay files of failed cases
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct ReadArgs {
    /// Who reads
    #[arg(long)]
    subject: String,
    /// The folder that the others wrote to
    #[arg(long)]
    exchange: PathBuf,
    /// The short ladder
    #[arg(long)]
    quick: bool,
}

fn rung(text: &str) -> Result<Rung, String> {
    text.parse().map_err(|error: lenet_conformance::Error| error.to_string())
}

/// Runs the program.
pub fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli::Run(args) => run::run(&args),
        Cli::Read(args) => run::read(&args),
        Cli::Replay { file } => run::replay(&file),
        Cli::List { quick } => list::list(quick),
        Cli::Mutate { subject, name } => mutate::mutate(&subject, name.as_deref()),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn emit(event: Event) -> io::Result<()> {
    event.write(&mut io::stdout().lock())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
