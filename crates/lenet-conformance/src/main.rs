//! `lenet-conformance`: compares one backend with the oracle and prints what it finds, one JSON object a line.
//!
//! One process, one subject: a driver that crashes takes nothing else with it. `cargo xtask test-backends` starts a
//! process for each and makes a report of what they print.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
