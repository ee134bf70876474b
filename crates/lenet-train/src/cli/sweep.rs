//! `sweep`: many trainings over settings and seeds.

pub(super) mod choices;
mod expand;
mod halving;
mod pool;
mod progress;
pub(super) mod repeat;
mod results;
mod spec;
mod state;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use lenet_report::sweep::render;

use super::interrupt::Interrupt;
use super::parse;
use super::print::{print_line, print_note};
use super::runs::SPECIFICATION;
use expand::Planned;
use pool::{Done, Task};
use progress::Progress;
use spec::Spec;
use state::State;

/// File name of the page.
const PAGE: &str = "sweep.html";

#[derive(Args)]
pub(super) struct SweepArgs {
    /// The specification: [base], settings of every run; [grid], lists of which every combination is tried; [search],
    /// settings that are drawn; seeds; [halving]
    #[arg(value_name = "SPEC.toml")]
    spec: PathBuf,
    /// Folder for the runs and the page [default: one under sweeps/ with the name of the specification]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Do only the I-th of N parts of the runs, from 1/N to N/N: one part for each machine or job of a cluster
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true, value_parser = shard)]
    shard: Shard,
    /// Runs side by side, which share the threads
    #[arg(long, value_name = "J", default_value = "1", value_parser = parse::threads, allow_negative_numbers = true)]
    jobs: usize,
    /// CPU threads of all runs together [default: all]
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Print the name and the settings of each run, and train none
    #[arg(long)]
    list: bool,
}

/// A part of the runs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shard {
    /// From 0.
    index: usize,
    count: usize,
}

/// A sweep that is being done.
struct Sweep<'a> {
    spec: &'a Spec,
    runs: &'a [Planned],
    folder: &'a Path,
    /// Runs side by side, and threads of each.
    side_by_side: (usize, usize),
    interrupt: Interrupt,
}

/// Runs that failed: index and error.
type Failures = BTreeMap<usize, String>;

pub(super) fn run(args: &SweepArgs) -> anyhow::Result<ExitCode> {
    let spec = Spec::read(&args.spec)?;
    let mut runs = expand::expand(&spec).with_context(|| args.spec.display().to_string())?;
    let name = args.spec.file_stem().unwrap_or(args.spec.as_os_str());
    let folder = args.out.clone().unwrap_or_else(|| Path::new("sweeps").join(name));
    if args.list {
        return list(&spec, &runs, args.shard);
    }
    ensure!(
        spec.halving.is_none() || args.shard.count == 1,
        "--shard does nothing beside [halving], which compares all runs: use --jobs on one machine"
    );
    find_data(&mut runs)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    lenet_files::write(&folder.join(SPECIFICATION), &fs::read(&args.spec)?)?;
    let sweep = Sweep::new(&spec, &runs, &folder, args.jobs, args.threads)?;
    let own: Vec<usize> = (args.shard.index..runs.len()).step_by(args.shard.count).collect();
    let failures = match spec.halving {
        Some(rungs) => halving::train(&sweep, rungs)?,
        None => sweep.train(&own, None),
    };
    let found = results::read(&sweep, &failures, &format!("Sweep {}", name.to_string_lossy()));
    results::print(&found)?;
    let code = sweep.end(&failures); // Before the page: if the disk is full, there is none.
    let page = folder.join(PAGE);
    lenet_files::write(&page, render(&found).as_bytes())?;
    print_line(format_args!("{}: {} of {} runs completed", page.display(), found.ended(), runs.len()))?;
    Ok(code)
}

impl<'a> Sweep<'a> {
    fn new(
        spec: &'a Spec,
        runs: &'a [Planned],
        folder: &'a Path,
        jobs: usize,
        threads: Option<usize>,
    ) -> anyhow::Result<Self> {
        let threads = threads.unwrap_or_else(lenet_threads::threads);
        let side_by_side = (jobs, (threads / jobs).max(1));
        Ok(Self { spec, runs, folder, side_by_side, interrupt: Interrupt::watch()? })
    }

    fn path(&self, run: usize) -> PathBuf {
        self.folder.join(&self.runs[run].name)
    }

    /// Begins or resumes all runs that have not ended, to their end. Returns the errors.
    fn train_all(&self) -> Failures {
        self.train(&(0..self.runs.len()).collect::<Vec<_>>(), None)
    }

    /// Begins or resumes those of the runs with indices `wanted` that have not ended, to the end of `pause_after` epochs or of
    /// all. Returns the errors.
    fn train(&self, wanted: &[usize], pause_after: Option<u64>) -> Failures {
        let is_done = |run: &usize| {
            let path = self.path(*run);
            State::of(&path) == State::Ended
                || pause_after.is_some_and(|epochs| state::accuracy_after(&path, epochs).is_some())
        };
        let (done, missing): (Vec<usize>, Vec<usize>) = wanted.iter().partition(|run| is_done(run));
        let mut progress = Progress::new(self, wanted.len(), done.len());
        let task = |run: usize| Task {
            run,
            folder: self.path(run),
            flags: self.runs[run].flags.clone(),
            pause_after,
        };
        let mut failures = Failures::new();
        pool::run_all(
            missing.into_iter().map(task).collect(),
            self.side_by_side,
            &self.interrupt,
            |run, done| {
                progress.show(run, &done);
                if let Done::Failed(error) = done {
                    failures.insert(run, error);
                }
            },
        );
        progress.end();
        failures
    }

    /// Prints the errors, and says how the sweep ended.
    fn end(&self, failures: &Failures) -> ExitCode {
        for (run, error) in failures {
            let run = &self.runs[*run];
            print_note(format_args!("error: {} ({}): {error}", run.name, run.describe(self.spec)));
        }
        if self.interrupt.is_requested() {
            print_note("interrupted: the same command goes on");
            return self.interrupt.exit_code();
        }
        if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Finds the data of all runs once, so that children that begin at the same time do not all download them, and so that all runs
/// have the same.
fn find_data(runs: &mut [Planned]) -> anyhow::Result<()> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for run in runs {
        let named = run.data.text();
        let setting = match found.get(&named) {
            Some(setting) => setting.clone(),
            None => {
                let digits = run.data.find(false)?;
                run.data.set(digits.setting);
                found.entry(named).or_insert(run.data.text()).clone()
            }
        };
        run.flags.retain(|flag| !flag.starts_with("--data="));
        run.flags.push(format!("--data={setting}"));
    }
    Ok(())
}

fn list(spec: &Spec, runs: &[Planned], shard: Shard) -> anyhow::Result<ExitCode> {
    for run in runs.iter().skip(shard.index).step_by(shard.count) {
        print_line(format_args!("{}  {}", run.name, run.describe(spec)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn shard(text: &str) -> Result<Shard, String> {
    let expected = "expected I/N with I from 1 to N, such as 2/10";
    let (number, count) = text.split_once('/').ok_or(expected)?;
    let [number, count] = [number, count].map(str::parse::<usize>);
    match (number, count) {
        (Ok(number), Ok(count)) if (1..=count).contains(&number) => Ok(Shard { index: number - 1, count }),
        _ => Err(expected.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_from_1() {
        assert_eq!(shard("2/10"), Ok(Shard { index: 1, count: 10 }));
        for text in ["0/2", "3/2", "1", "1/0", "a/b", "-1/2"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
