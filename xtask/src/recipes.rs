//! `recipes`: accuracy and time of the recipes of lenet-train.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use lenet_report::run::Record;

use crate::machine::Machine;
use crate::workspace::{Programs, commit, remove_folder, target_folder};

/// Trains with the recipes of lenet-train, each with several seeds, and prints the table of docs/recipes.md.
/// Needs MNIST: in the cache of lenet-train, in the folder that LENET_DATA_DIR names, or by download.
#[derive(clap::Args)]
pub struct Args {
    /// The recipes [default: all]
    recipes: Vec<Recipe>,
    /// Seeds, from 1 to N [default: 20 for fast, 10 for default, 5 for best]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Threads of each training
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
    /// More flags for lenet-train, such as `-- --valid 0`
    #[arg(last = true)]
    flags: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Recipe {
    Fast,
    Default,
    Best,
}

/// The numbers of one training.
pub struct Run {
    /// Accuracy on the validation set after the last epoch, in 0..=1.
    valid: Option<f64>,
    /// Accuracy on the test set, in 0..=1.
    pub test: f64,
    /// Training time in seconds.
    pub seconds: f64,
    /// Images trained on.
    images: f64,
}

/// Trains, and prints a line for each training and a table.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let programs = Programs::build("dev")?;
    let folder = target_folder()?.join("recipes");
    let recipes = if args.recipes.is_empty() { Recipe::value_variants() } else { &args.recipes };
    let mut table = Vec::new();
    for &recipe in recipes {
        let mut runs = Vec::new();
        for seed in 1..=args.seeds.unwrap_or(recipe.seeds()) {
            let run = train(programs.path("lenet-train")?, recipe, seed, args.threads, &args.flags, &folder)?;
            let (name, test, seconds) = (recipe.name(), 100.0 * run.test, run.seconds);
            println!("{name}, seed {seed}: test accuracy {test:.2} % after {seconds:.2} s of training");
            runs.push(run);
        }
        table.push(row(recipe, &runs));
    }
    println!("\n{}, commit {}, {} threads", Machine::here(), commit(), args.threads);
    println!(
        "\n| recipe | seeds | images | test accuracy, mean (lowest to highest) | validation | training | images/s |"
    );
    println!("|---|---|---|---|---|---|---|");
    table.iter().for_each(|row| println!("{row}"));
    Ok(ExitCode::SUCCESS)
}

/// Trains with a recipe and more flags, in a folder of the run's own in `folder`.
pub fn train(
    program: &Path,
    recipe: Recipe,
    seed: u64,
    threads: u64,
    flags: &[String],
    folder: &Path,
) -> anyhow::Result<Run> {
    let run: PathBuf = folder.join(format!("{}-{seed}", recipe.name()));
    remove_folder(&run)?;
    let mut command = Command::new(program);
    command.args(["--recipe", recipe.name(), "--quiet", "--seed", &seed.to_string()]);
    command.args(["--threads", &threads.to_string(), "--out"]).arg(&run).args(flags);
    let output = command.output().context("cannot start lenet-train")?;
    ensure!(
        output.status.success(),
        "lenet-train failed with recipe {} and seed {seed}: {}",
        recipe.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    read(&run.join("metrics.jsonl"))
}

fn read(metrics: &Path) -> anyhow::Result<Run> {
    let text = fs::read_to_string(metrics).with_context(|| format!("cannot read {}", metrics.display()))?;
    let mut valid = None;
    for line in text.lines() {
        match serde_json::from_str(line)? {
            Record::Epoch { valid_accuracy, .. } => valid = valid_accuracy,
            Record::End { test_accuracy: Some(test), seconds, samples_per_second, .. } => {
                return Ok(Run { valid, test, seconds, images: (seconds * samples_per_second).round() });
            }
            _ => {}
        }
    }
    anyhow::bail!("{} has no test accuracy", metrics.display())
}

/// The row of a recipe. Of the times, the middle one counts: other programs disturb some.
fn row(recipe: Recipe, runs: &[Run]) -> String {
    let [lowest, mean, highest] = spread(runs.iter().map(|run| 100.0 * run.test).collect());
    let [_, valid, _] = spread(runs.iter().filter_map(|run| Some(100.0 * run.valid?)).collect());
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let (seconds, images) = (seconds[seconds.len() / 2], runs[0].images); // There is a run for seed 1.
    format!(
        "| {} | {} | {images} | {mean:.2} ({lowest:.2} to {highest:.2}) | {valid:.2} | {seconds:.2} s | {:.0} |",
        recipe.name(),
        runs.len(),
        images / seconds
    )
}

/// Lowest, mean and highest number.
fn spread(numbers: Vec<f64>) -> [f64; 3] {
    let lowest = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [lowest, numbers.iter().sum::<f64>() / numbers.len() as f64, highest]
}

impl Recipe {
    fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Default => "default",
            Self::Best => "best",
        }
    }

    /// Number of seeds unless it is given: the longer a training, the fewer.
    fn seeds(self) -> u64 {
        match self {
            Self::Fast => 20,
            Self::Default => 10,
            Self::Best => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_mean_of_the_seeds_and_the_middle_time() {
        let run = |test, seconds| Run { valid: Some(0.99), test, seconds, images: 1000.0 };
        let runs = [run(0.99, 2.0), run(0.992, 9.0), run(0.994, 4.0)];
        let expected = "| fast | 3 | 1000 | 99.20 (99.00 to 99.40) | 99.00 | 4.00 s | 250 |";
        assert_eq!(row(Recipe::Fast, &runs), expected);
    }
}
