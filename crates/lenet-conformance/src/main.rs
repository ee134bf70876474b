//! `lenet-conformance`: compares one backend with the oracle and prints the results, one JSON object per
//! line.
//!
//! Each process compares one subject, so the crash of a driver does not affect the others. `cargo xtask
//! test-backends` starts one process per subject and combines their output into a report.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
