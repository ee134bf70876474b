//! `race`: accuracy over seconds of training, here and in other frameworks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use lenet_report::chart::{Plot, PlotLine};
use lenet_report::numbers::{grouped, median};
use serde::Deserialize;

use crate::machine::{Machine, cores};
use crate::peers::catalogue::{PEERS, Peer};
use crate::peers::environment::Environment;
use crate::peers::lay_out_digits;
use crate::recipes;
use crate::workspace::{self, Programs};

/// The accuracy whose time the table names.
const GOAL: f64 = 0.99;

/// Trains with the recipe `fast` here, in PyTorch and in JAX, for several numbers of images, and shows the test
/// accuracy over the seconds of training.
///
/// All programs have the same network, settings and first filters, and a learning rate that falls to zero at the last
/// image. What is compiled is compiled before the clock starts. Makes the same Python environment as `bench-peers`.
/// Writes race.md and race.svg.
#[derive(clap::Args)]
pub struct Args {
    /// Numbers of images
    #[arg(long, value_delimiter = ',', default_value = "5000,10000,20000,30000,40000,60000,100000")]
    images: Vec<u64>,
    /// Seeds for each number, from 1 to N
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// CPU threads of each program [default: as many as cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Python interpreter with the packages installed, instead of an environment under target/
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Cargo profile of lenet-train
    #[arg(long, default_value = "dev")]
    profile: String,
    /// Folder for the results [default: benches/results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// One training.
#[derive(Clone, Debug, Deserialize)]
struct Training {
    images: u64,
    seconds: f64,
    /// On the test set, in 0..=1.
    accuracy: f64,
}

/// The trainings of one program.
struct Entrant {
    name: &'static str,
    trainings: Result<Vec<Training>, String>,
}

/// A point of a curve: median seconds and mean accuracy of the trainings with as many images.
struct Point {
    images: u64,
    seconds: f64,
    accuracy: f64,
}

/// Runs all programs and writes the results.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let machine = Machine::here(); // Measures the load, so it comes before the builds.
    let folder = workspace::target_folder()?.join("peers");
    let programs = Programs::build(&args.profile)?;
    let digits = folder.join("digits");
    let data = lay_out_digits(&programs, &digits)?;
    let threads = args.threads.unwrap_or_else(cores);
    let chosen: Vec<&Peer> =
        PEERS.iter().filter(|peer| ["torch-compiled", "jax"].contains(&peer.id)).collect();
    let environment =
        Environment::prepare(args.python.as_deref(), None, &folder, programs, &chosen, threads)?;
    let ours = ours(environment.program("lenet-train")?, args, threads, &digits, &folder.join("race"))?;
    let mut entrants = vec![Entrant { name: "this workspace", trainings: Ok(ours) }];
    for (name, script) in [("PyTorch, compiled", "race_torch.py"), ("JAX", "race_jax.py")] {
        let trainings = theirs(&environment, script, args, threads, &digits);
        entrants.push(Entrant { name, trainings: trainings.map_err(|error| format!("{error:#}")) });
    }
    let head = format!(
        "{machine}. {data}. Commit {}, profile `{}`, {}, {threads} threads.",
        workspace::commit(),
        args.profile,
        jiff::Zoned::now().strftime("%Y-%m-%d")
    );
    let out = args.out.clone().unwrap_or_else(|| workspace::root().join("benches/results"));
    workspace::make_folder(&out)?;
    let text = markdown(&head, args.seeds, &entrants);
    for (name, content) in [("race.md", &text), ("race.svg", &chart(&entrants).document())] {
        let path = out.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("{text}\nwritten to {}", out.display());
    Ok(())
}

fn ours(
    program: &Path,
    args: &Args,
    threads: usize,
    digits: &Path,
    folder: &Path,
) -> anyhow::Result<Vec<Training>> {
    let mut trainings = Vec::new();
    for &images in &args.images {
        for seed in 1..=args.seeds {
            let flags = [
                "--images".to_owned(),
                images.to_string(),
                "--data".to_owned(),
                digits.to_string_lossy().into_owned(),
            ];
            let run = recipes::train(program, recipes::Recipe::Fast, seed, threads as u64, &flags, folder)?;
            trainings.push(Training { images, seconds: run.seconds, accuracy: run.test });
        }
        eprintln!("lenet-train: {} images", grouped(images as f64));
    }
    Ok(trainings)
}

fn theirs(
    environment: &Environment,
    script: &str,
    args: &Args,
    threads: usize,
    digits: &Path,
) -> anyhow::Result<Vec<Training>> {
    eprintln!("{script}");
    let mut command: Command = environment.python(script)?;
    command.arg(digits).args(args.images.iter().map(u64::to_string));
    command.args(["--threads", &threads.to_string(), "--seeds", &args.seeds.to_string()]);
    let output = command.output().context("cannot start Python")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", errors.lines().last().unwrap_or("it failed and said nothing"));
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The points of the curve, in ascending order of the images.
fn points(trainings: &[Training]) -> Vec<Point> {
    let mut budgets: Vec<u64> = trainings.iter().map(|training| training.images).collect();
    budgets.sort_unstable();
    budgets.dedup();
    let point = |images| {
        let those = || trainings.iter().filter(|training| training.images == images);
        let seconds: Vec<f64> = those().map(|training| training.seconds).collect();
        let accuracy = those().map(|training| training.accuracy).sum::<f64>() / seconds.len() as f64;
        Some(Point { images, seconds: median(&seconds)?, accuracy })
    };
    budgets.into_iter().filter_map(point).collect()
}

fn chart(entrants: &[Entrant]) -> Plot {
    let line = |(series, entrant): (usize, &Entrant)| {
        let points = points(entrant.trainings.as_ref().ok()?);
        let points = points.iter().map(|point| (point.seconds, 100.0 * point.accuracy)).collect();
        let name = entrant.name.to_owned();
        Some(PlotLine { series: Some(series), name, points, ..PlotLine::default() })
    };
    Plot {
        label: "Test accuracy in percent over seconds of training".into(),
        x: "seconds of training".into(),
        log_x: true,
        lines: entrants.iter().enumerate().filter_map(line).collect(),
        ..Plot::default()
    }
}

fn markdown(head: &str, seeds: u64, entrants: &[Entrant]) -> String {
    let mut text = format!(
        "# Accuracy over seconds\n\n{head}\nThe recipe `fast` with other numbers of images, {seeds} seeds each: median seconds of \
         training, mean test accuracy.\nRepeat it with `cargo xtask race`.\n\n![Test accuracy over seconds of training](race.svg)\n"
    );
    for Entrant { name, trainings } in entrants {
        text += &format!("\n## {name}\n\n");
        let points = match trainings {
            Ok(trainings) => points(trainings),
            Err(reason) => {
                text += &format!("Absent: {reason}\n");
                continue;
            }
        };
        text += "| images | seconds | test accuracy |\n|--:|--:|--:|\n";
        for Point { images, seconds, accuracy } in &points {
            let images = grouped(*images as f64);
            text += &format!("| {images} | {seconds:.2} | {:.2} % |\n", 100.0 * accuracy);
        }
        if let Some(point) = points.iter().find(|point| point.accuracy >= GOAL) {
            text += &format!("\n{:.1} % after {:.2} s.\n", 100.0 * GOAL, point.seconds);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entrants() -> Vec<Entrant> {
        let training = |images, seconds, accuracy| Training { images, seconds, accuracy };
        let trainings = vec![
            training(20, 2.0, 0.99),
            training(10, 1.0, 0.96),
            training(10, 9.0, 0.98),
            training(10, 2.0, 0.97),
        ];
        vec![
            Entrant { name: "one", trainings: Ok(trainings) },
            Entrant { name: "other", trainings: Err("no module named other".into()) },
        ]
    }

    #[test]
    fn a_point_has_the_median_time_and_the_mean_accuracy() {
        let text = markdown("Here.", 3, &entrants());
        assert!(
            text.contains("| 10 | 2.00 | 97.00 % |\n| 20 | 2.00 | 99.00 % |\n\n99.0 % after 2.00 s.\n"),
            "{text}"
        );
        assert!(text.contains("## other\n\nAbsent: no module named other\n"), "{text}");
    }

    #[test]
    fn the_settings_of_the_python_programs_are_those_of_the_recipe() {
        let read = |file: &str| fs::read_to_string(workspace::root().join(file)).unwrap();
        let (recipe, python) = (read("crates/lenet-train/recipes/fast.toml"), read("benches/peers/race.py"));
        for (setting, constant) in [
            ("batch-size = 64", "BATCH_SIZE = 64"),
            ("smoothing = 0.1", "SMOOTHING = 0.1"),
            ("lr = 0.007", "LR = 0.007"),
            ("betas = [0.9, 0.95]", "BETAS = (0.9, 0.95)"),
            ("weight-decay = 0.01", "WEIGHT_DECAY = 0.01"),
            ("layer-lr = \"conv1=2,conv2=2\"", "CONV_FACTOR = 2"),
            ("warm-up = \"5%\"", "WARM_UP = 0.05"),
            ("freeze = \"conv1@40%\"", "FREEZE_CONV1 = 0.4"),
        ] {
            let has = |text: &str, line: &str| text.lines().any(|found| found == line);
            assert!(has(&recipe, setting) && has(&python, constant), "{setting}, {constant}");
        }
    }
}
