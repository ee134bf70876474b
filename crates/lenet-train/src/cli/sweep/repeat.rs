//! `train --repeat N`: one setting with several seeds.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use lenet_report::numbers::percent;
use lenet_report::statistics::MeanInterval;
use lenet_train::settings;

use super::expand::expand;
use super::spec::Spec;
use super::{Sweep, find_data, results};
use crate::cli::print::{print_line, print_note};
use crate::cli::run_folder;
use crate::cli::settings::TrainArgs;

/// Trains `count` times with the settings `args`, and prints the mean of the test accuracies. If the folder has some of the
/// runs, trains those that are missing.
pub(in crate::cli) fn run(args: &TrainArgs, count: u64) -> anyhow::Result<ExitCode> {
    let last = args.seed.checked_add(count - 1);
    ensure!(last.is_some(), "--repeat {count} beside --seed {}: no seed is above 2^64 - 1", args.seed);
    let seeds: Vec<u64> = (0..count).map(|index| args.seed + index).collect();
    let spec = Spec::of_seeds(flags(args)?, seeds);
    let mut runs = expand(&spec)?;
    for run in &mut runs {
        // The seed for a person; the hash, so that other settings in the same folder are other runs.
        run.name = format!("seed{}-{}", run.seed, &run.name[..6]);
    }
    find_data(&mut runs)?;
    let folder = match &args.out {
        Some(out) => {
            run_folder::has_no_run(out)?;
            std::fs::create_dir_all(out)?;
            out.clone()
        }
        None => {
            let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
            run_folder::create_unused(
                Path::new("runs"),
                &format!("{now}-{}-repeat{count}", args.optimizer.kind),
            )?
        }
    };
    let sweep = Sweep::new(&spec, &runs, &folder, 1, args.device.threads)?;
    let failures = sweep.train_all();
    let found = results::read(&sweep, &failures, "Repetitions");
    for run in found.points.iter().flat_map(|point| &point.runs) {
        match &run.note {
            // What a run that was cut has read so far is no result.
            Some(note) => print_line(format_args!("seed {}: {note}", run.seed))?,
            None => {
                print_line(format_args!("seed {}: test accuracy {}", run.seed, percent(run.test_accuracy)))?
            }
        }
    }
    let ended = found.points.iter().flat_map(|point| &point.runs).filter(|run| run.note.is_none());
    let accuracies: Vec<f64> =
        ended.filter_map(|run| run.test_accuracy).map(|accuracy| 100.0 * accuracy).collect();
    if let Some(MeanInterval { mean, low, high, deviation, .. }) = MeanInterval::of(&accuracies) {
        let runs = accuracies.len();
        print_line(format_args!(
            "mean test accuracy {mean:.3} %, 95 % interval {low:.3} to {high:.3} % (Student's t, {runs} seeds, standard deviation {deviation:.3})"
        ))?;
    } else {
        print_note("an interval needs two completed runs or more");
    }
    print_line(format_args!("in {}", folder.display()))?;
    Ok(sweep.end(&failures))
}

/// The settings as flags, without the seed.
pub(in crate::cli) fn flags(args: &TrainArgs) -> anyhow::Result<Vec<String>> {
    let mut table = toml::Table::try_from(args)?;
    for name in ["seed", "quiet", "threads"] {
        table.remove(name);
    }
    let settings = settings::parse(&toml::to_string(&table)?)?;
    Ok(settings.into_iter().filter_map(|setting| setting.flag).collect())
}
