//! `runs`: what was trained, and how it went.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use lenet_report::run::Record;

use super::run_folder::{MANIFEST, METRICS};
use super::say;

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
        say(format!("{}  {}", run.display(), result(run)));
    }
    if runs.is_empty() {
        say(format!("no runs in {}", folder.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The last thing that its metrics tell.
fn result(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join(METRICS)).unwrap_or_default();
    let mut records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.2} %", 100.0 * share));
    match records.next_back() {
        None => "nothing yet".to_owned(),
        Some(Record::End { epochs, steps, reason, test_accuracy, .. }) => {
            let epochs = if epochs == 1 { "1 epoch".to_owned() } else { format!("{epochs} epochs") };
            format!("test accuracy {}  {epochs}, {steps} steps: {reason}", percent(test_accuracy))
        }
        Some(Record::Epoch { epoch, step, valid_accuracy, .. }) => {
            format!(
                "valid accuracy {}  unfinished: epoch {}, step {step}",
                percent(valid_accuracy),
                epoch + 1
            )
        }
        Some(Record::Step { epoch, step, .. }) => format!("unfinished: epoch {}, step {step}", epoch + 1),
        Some(_) => "unfinished".to_owned(),
    }
}
