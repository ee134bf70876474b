//! The command line.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::expand(std::env::args_os().collect());
    match arguments.and_then(|arguments| cli::run(cli::Cli::parse_from(arguments))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", cli::explain(&error));
            ExitCode::FAILURE
        }
    }
}
