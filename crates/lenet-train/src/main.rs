//! The command line.

mod cli;

use std::process::ExitCode;

use clap::Parser;

/// A step makes and drops some hundred tensors. The system's allocator gives the large ones back to the system each
/// time, and getting them again cost a third of the time of a step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
