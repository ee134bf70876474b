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
    BenchPeers(peers::Args),
    Race(race::Args),
    Flops(flops::Args),
    Doctor(doctor::Args),
    TestBackends(conformance::Args),
    Photos(photos::Args),
    Pages(pages::Args),
    Pictures(pictures::Args),
    Recipes(recipes::Args),
    Pretrain(pretrain::Args),
    Web(web::Args),
    Ports(ports::Args),
    BuildCost(build_cost::Args),
    Fuzz(fuzz::Args),
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
