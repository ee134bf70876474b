//! `photos`: how well digits are read in photographs.

use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::workspace::Programs;

/// Adds strips, frames, lines, shadows and other disturbances to the test digits of MNIST, with fixed seeds,
/// and prints how many of the pictures are read, refused or read wrongly.
#[derive(clap::Args)]
pub struct Args {
    /// Arguments of the program: `--weights FILE`, `--mnist FOLDER`, `--pictures N`, `--kind NAME`, `--save
    /// FOLDER`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds the program `photos` of the benchmarks and runs it.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let programs = Programs::build("dev")?;
    let status = Command::new(programs.path("photos")?).args(&args.arguments).status();
    let is_success = status.context("cannot start the program `photos`")?.success();
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
