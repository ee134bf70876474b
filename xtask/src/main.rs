//! Commands for developers of this workspace (`cargo xtask --help` lists them). They start cargo, Python and
//! emulators, and parse the printed records with lenet-report.

mod browser;
mod build_cost;
mod conformance;
mod doctor;
mod faults;
mod flops;
mod fuzz;
mod machine;
mod pages;
mod peers;
mod photos;
mod pictures;
mod ports;
mod pretrain;
mod race;
mod recipes;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Commands for developers: measurements, comparisons and tests that `cargo test` does not run.
///
/// Run nothing else on the machine during a measurement. Only `target/` is changed; by `bench-peers`
/// and `race` also `benches/results/`, by `pretrain` the weights in lenet-model's package, and by `pictures` the pictures in `docs/`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Cli {
    /// Compare training and inference with PyTorch, JAX, ONNX Runtime and candle, all in turn on this machine
    BenchPeers(peers::Args),
    /// Show the accuracy over seconds of training beside PyTorch and JAX
    Race(race::Args),
    /// Measure the peak rate of multiply-adds of this machine, and the share that training and inference
    /// reach
    Flops(flops::Args),
    /// List which commands this machine can run, and what to install for the others
    Doctor(doctor::Args),
    /// Compare every backend with the f64 oracle, and report each error as a share of its bound
    TestBackends(conformance::Args),
    /// Measure how well digits are read in photographs with lines, shadows and other disturbances
    Photos(photos::Args),
    /// Check HTML pages in Chromium: errors, requests, pointer, contrast, narrow screens, print
    Pages(pages::Args),
    /// Make the pictures of the documents: the dashboard and a report
    Pictures(pictures::Args),
    /// Train with each recipe of lenet-train and several seeds, and print accuracy and time
    Recipes(recipes::Args),
    /// Train the weights in lenet-model's package anew, and write their provenance
    Pretrain(pretrain::Args),
    /// Make the page of lenet-web: a folder with HTML, JavaScript, WebAssembly and weights
    Web(web::Args),
    /// Test on emulated processors and systems, and compare trained weights
    Ports(ports::Args),
    /// Build the main command from nothing, and list the crates that take most processor time
    BuildCost(build_cost::Args),
    /// Search for files that break a reader, with libFuzzer
    Fuzz(fuzz::Args),
    /// Make every file operation of a training fail once, and resume
    Faults(faults::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    if let Some(log) = std::env::var_os(build_cost::LOG) {
        return build_cost::compile(&log);
    }
    match Cli::parse() {
        Cli::BenchPeers(args) => peers::run(&args)?,
        Cli::Race(args) => race::run(&args)?,
        Cli::Flops(args) => flops::run(&args)?,
        Cli::Pretrain(args) => pretrain::run(&args)?,
        Cli::Pictures(args) => pictures::run(&args)?,
        Cli::Doctor(args) => return Ok(doctor::run(&args)),
        Cli::TestBackends(args) => return Ok(conformance::run(&args)),
        Cli::Pages(args) => return pages::run(&args),
        Cli::Photos(args) => return photos::run(&args),
        Cli::Recipes(args) => return recipes::run(&args),
        Cli::Web(args) => return web::run(&args),
        Cli::Ports(args) => return ports::run(&args),
        Cli::BuildCost(args) => return build_cost::run(&args),
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
