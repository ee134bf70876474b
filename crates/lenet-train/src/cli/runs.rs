//! `runs`: a table of the trainings and their results, or a page with it.

mod compare;
mod link;
mod merge;
mod selection;
mod table;

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand, ValueEnum};
use lenet_report::training::{Run, Summary, render_overview};

use super::print::{on_one_line, print_line, print_note, print_styled};
use super::report::folder;
use super::run_folder::{MANIFEST, REPORT};
use super::terminal::{self, Styles};

/// Settings that change what a run prints and keeps, and nothing else: the table does not show them.
const OF_OUTPUT: [&str; 8] =
    ["checkpoint-every", "csv", "keep", "log-every", "offline", "quiet", "report", "tensorboard"];
/// File name of the page.
const PAGE: &str = "runs.html";
/// File name of the specification of a sweep.
pub(super) const SPECIFICATION: &str = "sweep.toml";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// The folder that the runs are in
    #[arg(default_value = "runs")]
    folder: PathBuf,
    /// Sort by this, the smallest first; a run without it comes first
    #[arg(long, value_enum, default_value = "date")]
    sort: Order,
    /// Sort by accuracy, the best first
    #[arg(long, conflicts_with = "sort")]
    best: bool,
    /// Show only runs with this setting, such as optimizer=adamw; of several filters, all must hold
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    filter: Vec<(String, String)>,
    /// Write the table as a page, with curves and links to the reports, instead of printing it [default file:
    /// runs.html in the folder]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    html: Option<Option<PathBuf>>,
}

#[derive(Subcommand)]
enum RunsCommand {
    /// Compare two settings over seeds that both were trained with: the mean difference, its interval, and what it allows to say
    Compare(compare::CompareArgs),
    /// Copy runs together that were trained on several machines, and refuse those that contradict one another
    Merge(merge::MergeArgs),
}

#[derive(Clone, Copy, ValueEnum)]
enum Order {
    /// Test accuracy; without it, validation accuracy
    Accuracy,
    /// Beginning of the run
    Date,
    /// Training time
    Duration,
    /// Name of the folder
    Name,
}

pub(super) fn run(args: &RunsArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        Some(RunsCommand::Compare(args)) => return compare::run(args),
        Some(RunsCommand::Merge(args)) => return merge::run(args),
        None => {}
    }
    let folder = &args.folder;
    let mut runs = read(folder)?;
    if runs.is_empty() {
        print_line(format_args!("no runs in {}", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    for filter in &args.filter {
        apply(filter, &mut runs, folder)?;
    }
    runs.iter_mut().for_each(|run| run.settings.retain(|(name, _)| !OF_OUTPUT.contains(&&**name)));
    let mut runs = Summary::of_all(&runs);
    let order = if args.best { Order::Accuracy } else { args.sort };
    runs.sort_by(|one, other| order.compare(one, other));
    if args.best {
        runs.reverse();
    }
    match &args.html {
        Some(file) => write_page(folder, file.as_deref(), runs)?,
        None => {
            let lines = table::lines(&runs, terminal::width(), &Styles::of_standard_output());
            lines.iter().try_for_each(|line| print_styled(line))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The runs in `folder`, sorted by name. One that cannot be read is passed over with a note.
fn read(folder: &Path) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for path in paths(folder)? {
        match folder::read(&path) {
            Ok(run) => runs.push(run),
            Err(error) => print_note(format_args!("passing over a run: {}", on_one_line(&error))),
        }
    }
    Ok(runs)
}

/// The folders of the runs in `folder`, sorted.
fn paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|run| run.join(MANIFEST).exists());
    paths.sort();
    Ok(paths)
}

/// Keeps the runs with a setting. A setting that no run has is a mistake.
fn apply((key, wanted): &(String, String), runs: &mut Vec<Run>, folder: &Path) -> anyhow::Result<()> {
    let is_known = runs.iter().any(|run| run.settings.iter().any(|(name, _)| name == key));
    ensure!(
        is_known || runs.is_empty(),
        "--filter {key}={wanted}: no run in {} has a setting `{key}`; settings are the flags of `train`, such as lr",
        folder.display()
    );
    runs.retain(|run| run.settings.iter().any(|(name, value)| name == key && is_equal(value, wanted)));
    Ok(())
}

/// Whether two values are the same text or the same number.
fn is_equal(value: &str, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    value == wanted || number(value).is_some_and(|value| number(wanted) == Some(value))
}

impl Order {
    fn compare(self, one: &Summary, other: &Summary) -> Ordering {
        let number = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        let accuracy = |run: &Summary| number(run.test_accuracy.or(run.valid_accuracy));
        match self {
            Self::Accuracy => accuracy(one).total_cmp(&accuracy(other)),
            Self::Date => one.started.cmp(&other.started),
            Self::Duration => number(one.seconds).total_cmp(&number(other.seconds)),
            Self::Name => one.name.cmp(&other.name),
        }
    }
}

/// Writes the page, in which a run leads to its report if there is one.
fn write_page(folder: &Path, file: Option<&Path>, mut runs: Vec<Summary>) -> anyhow::Result<()> {
    let page = file.map_or_else(|| folder.join(PAGE), Path::to_owned);
    for run in &mut runs {
        let report = folder.join(&run.name).join(REPORT);
        run.report = report.exists().then(|| link::between(&page, &report));
    }
    let title = format!("Trainings in {}", folder.display());
    lenet_files::write(&page, render_overview(&title, &runs).as_bytes())?;
    print_line(format_args!("{}: {} runs", page.display(), runs.len()))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as lr=0.01")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_however_they_are_written() {
        assert!(is_equal("0.1", "0.10") && is_equal("1e-3", "0.001") && is_equal("adamw", "adamw"));
        assert!(!is_equal("0.1", "0.2") && !is_equal("adamw", "adam") && !is_equal("nan", "0"));
    }
}
