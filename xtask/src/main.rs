//! What the project runs on itself. `cargo xtask --help` lists it; it starts cargo, Python and emulators, and
//! reads the records that they print with lenet-report.

mod conformance;
mod doctor;
mod faults;
mod flops;
mod fuzz;
mod machine;
mod peers;
mod ports;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Runs what the project needs besides building and testing: the measurements behind its figures.
///
/// Leave the machine alone while one of them runs. Nothing is changed but `target/` and, by `bench-peers`,
/// `benches/results/`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Cli {
    /// Compare training and inference with PyTorch, JAX, ONNX Runtime and candle, all in turn on this machine
    BenchPeers(peers::Args),
    /// Measure the peak rate of multiply-adds of this machine, and the share that training and inference reach
    Flops(flops::Args),
    /// Say what this machine can run, and what to install for the rest
    Doctor(doctor::Args),
    /// Hold every backend against the f64 oracle, and report how much of its error bound each number used
    TestBackends(conformance::Args),
    /// Test the kernels on other processors, by emulation
    Ports(ports::Args),
    /// Search for files that break a reader, with libFuzzer
    Fuzz(fuzz::Args),
    /// Make every file operation of a training fail once, and resume
    Faults(faults::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse() {
        Cli::BenchPeers(args) => peers::run(&args)?,
        Cli::Flops(args) => flops::run(&args)?,
        Cli::Doctor(args) => return Ok(doctor::run(&args)),
        Cli::TestBackends(args) => return Ok(conformance::run(&args)),
        Cli::Ports(args) => return ports::run(&args),
        Cli::Fuzz(args) => return fuzz::run(&args),
        Cli::Faults(args) => return faults::run(&args),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
