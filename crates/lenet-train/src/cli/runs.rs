//! `runs`: a list of the trainings and their results.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use lenet_report::run::Record;

use super::print::print_line;
use super::run_folder::{MANIFEST, METRICS, last_record};

#[derive(Args)]
pub(super) struct RunsArgs {
    /// The folder that the runs are in
    #[arg(default_value = "runs")]
    folder: PathBuf,
}

/// Prints a line for each run, oldest first.
pub(super) fn run(args: &RunsArgs) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut runs: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    runs.retain(|run| run.join(MANIFEST).exists());
    runs.sort();
    for run in &runs {
        print_line(format_args!("{}  {}", run.display(), result(run)))?;
    }
    if runs.is_empty() {
        print_line(format_args!("no runs in {}", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Describes the last record of the metrics.
fn result(run: &Path) -> String {
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.2} %", 100.0 * share));
    match last_record(&run.join(METRICS)) {
        None => "nothing yet".to_owned(),
        Some(Record::End { epochs, steps, reason, test_accuracy, .. }) => {
            let epochs = if epochs == 1 { "1 epoch".to_owned() } else { format!("{epochs} epochs") };
            format!("test accuracy {}  {epochs}, {steps} steps: {reason}", percent(test_accuracy))
        }
        Some(Record::Epoch { epoch, step, valid_accuracy, .. }) => {
            format!(
                "valid accuracy {}  unfinished: epoch {}, step {step}",
                percent(valid_accuracy),
                epoch.saturating_add(1)
            )
        }
        Some(Record::Step { epoch, step, .. }) => {
            format!("unfinished: epoch {}, step {step}", epoch.saturating_add(1))
        }
        Some(_) => "unfinished".to_owned(),
    }
}
