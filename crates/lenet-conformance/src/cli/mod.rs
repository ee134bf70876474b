//! The command line of `lenet-conformance`.

mod args;
mod list;
mod mutate;
mod output;
mod run;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Run(args) => run::run(&args),
        Cli::Read(args) => run::read(&args),
        Cli::Replay { file } => run::replay(&file),
        Cli::List { quick } => list::list(quick),
        Cli::Mutate { subject, name } => mutate::mutate(&subject, name.as_deref()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error}"); // It names its source itself.
            ExitCode::from(output::COULD_NOT_RUN)
        }
    }
}
