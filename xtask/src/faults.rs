//! `faults`: the long form of the test that makes file operations fail.

use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::workspace::root;

/// Makes every file operation of a training fail once with each kind of fault (I/O error, full disk, killed
/// before the operation, killed after half of a write), resumes the training, and compares its files with
/// those of an undisturbed one. Takes several minutes; Linux only. `cargo test` tries a sample.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the test with `LENET_FAULTS=all`.
pub fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace", "--test", "faults", "--", "--nocapture"]);
    let status =
        cargo.current_dir(root()).env("LENET_FAULTS", "all").status().context("cannot start cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
