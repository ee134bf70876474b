//! `--resume`: the newest checkpoint of a run.

use std::fs;
use std::path::Path;

use anyhow::{bail, ensure};
use lenet_train::{Checkpoint, Checkpoints};

use super::print::print_note;
use super::run_folder::{CHECKPOINTS, WEIGHTS, has_ended, is_log};
use super::run_settings::SETTINGS;
use super::settings::{Plan, TrainArgs};

/// The newest usable checkpoint of the run in `folder`; `None` if the run was killed before its first one.
/// Changes nothing in the folder, and prints on standard error what is resumed.
pub(super) fn newest(folder: &Path, args: &TrainArgs, plan: &Plan) -> anyhow::Result<Option<Checkpoint>> {
    let latest = Checkpoints::latest(folder.join(CHECKPOINTS))?;
    let has_settings = || args.has_settings_of(&folder.join(SETTINGS));
    for error in &latest.skipped {
        print_note(format_args!("passing over a checkpoint: {error}"));
    }
    match (&latest.checkpoint, latest.skipped.is_empty()) {
        (Some(checkpoint), _) => {
            has_as_many_epochs(folder, args, plan, checkpoint)?;
            has_settings()?;
            match checkpoint.step() {
                step if step < plan.steps => print_note(format_args!("going on after step {step}")),
                step => {
                    print_note(format_args!("the run has all its {step} steps: nothing is left to train"))
                }
            }
        }
        (None, true) => {
            has_not_ended(folder)?;
            has_settings()?;
            print_note(format_args!("no checkpoint yet: beginning anew with the settings in {SETTINGS}"));
        }
        (None, false) => bail!("none of the checkpoints in {} can be used", folder.display()),
    }
    Ok(latest.checkpoint)
}

/// Refuses another number of epochs where it would change what was trained already, and says how to get it.
fn has_as_many_epochs(
    folder: &Path,
    args: &TrainArgs,
    plan: &Plan,
    checkpoint: &Checkpoint,
) -> anyhow::Result<()> {
    let before = checkpoint.settings().get("epochs").and_then(|epochs| epochs.parse::<u64>().ok());
    let (Some(before), Some(_)) = (before, args.length.epochs) else { return Ok(()) };
    let now = plan.epochs;
    let (folder, file) = (folder.display(), folder.join(SETTINGS));
    let anew = format!("train anew with --config {} --epochs {now} and another --out", file.display());
    let run = format!("the run in {folder} has {before} {}", if before == 1 { "epoch" } else { "epochs" });
    ensure!(now >= before, "{run}, and --epochs is {now}: {anew}");
    ensure!(
        now == before || !args.schedule.depends_on_epochs(),
        "{run}, and --schedule {} sets the learning rates by their number: {anew} \
         (a run with --schedule constant or step can be extended)",
        args.schedule.name()
    );
    ensure!(
        now == before || !args.fine_tuning.depends_on_epochs(),
        "{run}, and --freeze with a share counts the steps of all: {anew}"
    );
    Ok(())
}

/// Refuses to train a run anew over its results.
fn has_not_ended(folder: &Path) -> anyhow::Result<()> {
    ensure!(
        !has_ended(folder) && !folder.join(WEIGHTS).exists(),
        "the run in {} has ended and has no checkpoints to resume from: train anew with --config {} and another --out",
        folder.display(),
        folder.join(SETTINGS).display()
    );
    Ok(())
}

/// Removes the logs of a run that begins anew.
pub(super) fn clear_logs(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_log(&name) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
