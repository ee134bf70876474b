//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser};
use lenet_conformance::Rung;

/// Compares a backend with an f64 oracle, from single operations up to training.
///
/// Prints one JSON object per line. Exit code: 0 if no check failed, 1 if a check failed, 2 if the comparison
/// could not start (wrong arguments, or the subject is not available on this machine or in this build).
#[derive(Parser)]
#[command(name = "lenet-conformance", version)]
pub(super) enum Cli {
    /// Run the ladder on one subject
    Run(RunArgs),
    /// Read the weights and checkpoints that all other subjects wrote into the exchange folder
    Read(ReadArgs),
    /// Repeat the failed case of a replay file
    Replay {
        /// Replay file
        file: PathBuf,
    },
    /// List subjects, rungs and cases
    List {
        /// List the cases of the short ladder
        #[arg(long)]
        quick: bool,
    },
    /// Plant bugs and report which rung catches each
    Mutate {
        /// Subject to plant the bugs in
        #[arg(long, default_value = "flex")]
        subject: String,
        /// Only bugs whose names match this pattern (* and ?)
        #[arg(long)]
        name: Option<String>,
    },
}

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct RunArgs {
    /// flex, flex-stock, flex-f64, ndarray, ndarray-stock, wgpu, wgpu:cpu or wgpu:N
    #[arg(long)]
    pub subject: String,
    /// Only this rung; may be repeated
    #[arg(long = "rung", value_parser = rung)]
    pub rungs: Vec<Rung>,
    /// Only cases whose names match this pattern (* and ?)
    #[arg(long)]
    pub case: Option<String>,
    /// Seed of the random inputs of single operations
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Run the short ladder: fewer shapes and steps
    #[arg(long)]
    pub quick: bool,
    /// Folder for the files that other subjects read
    #[arg(long)]
    pub exchange: Option<PathBuf>,
    /// Folder for the replay files of failed cases
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `read`.
#[derive(Args)]
pub(super) struct ReadArgs {
    /// Subject that reads
    #[arg(long)]
    pub subject: String,
    /// Folder that the other subjects wrote to
    #[arg(long)]
    pub exchange: PathBuf,
    /// Describe the run as the short ladder
    #[arg(long)]
    pub quick: bool,
}

fn rung(text: &str) -> Result<Rung, String> {
    text.parse().map_err(|error: lenet_conformance::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
