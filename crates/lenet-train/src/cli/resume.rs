//! `--resume`: the newest checkpoint of a run.

use std::fs;
use std::path::Path;

use lenet_train::{Checkpoint, Checkpoints};

use super::run_folder::{METRICS, SETTINGS, TABLE};

/// The folder of a run's checkpoints.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// The newest checkpoint of the run in `folder` that can be used. Says on standard error which cannot. A run that was
/// killed before its first one begins anew, with empty logs.
pub(super) fn newest(folder: &Path) -> anyhow::Result<Option<Checkpoint>> {
    let latest = Checkpoints::latest(folder.join(CHECKPOINTS))?;
    for error in &latest.skipped {
        eprintln!("passing over a checkpoint: {error}");
    }
    match (&latest.checkpoint, latest.skipped.is_empty()) {
        (Some(checkpoint), _) => eprintln!("going on after step {}", checkpoint.step()),
        (None, true) => {
            eprintln!("no checkpoint yet: beginning anew with the settings in {SETTINGS}");
            clear_logs(folder)?;
        }
        (None, false) => anyhow::bail!("none of the checkpoints in {} can be used", folder.display()),
    }
    Ok(latest.checkpoint)
}

fn clear_logs(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == METRICS || name == TABLE || name.contains("tfevents") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
