//! [`Checkpoints`]: when checkpoints are saved, and how many are kept.

use std::fs;
use std::path::{Path, PathBuf};

use super::Checkpoint;
use crate::Error;

/// File name of the checkpoint with the lowest validation loss.
const BEST: &str = "best.ckpt";

/// When checkpoints are saved to a folder, and which of them are kept. Default: one after each epoch and one
/// when the fit ends, of which the last two are kept.
///
/// ```no_run
/// use lenet_train::Checkpoints;
///
/// let checkpoints = Checkpoints::in_folder("runs/mine/checkpoints").every_steps(500).keep_last(3).keep_best();
/// let latest = Checkpoints::latest("runs/mine/checkpoints")?; // to resume from, if there is one
/// # Ok::<(), lenet_train::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    every_steps: u64,
    every_epochs: u64,
    keep_last: usize,
    keep_best: bool,
}

/// The newest usable checkpoint of a folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct Latest {
    /// The checkpoint; `None` if there is none.
    pub checkpoint: Option<Checkpoint>,
    /// Errors of newer checkpoints, which are damaged.
    pub skipped: Vec<Error>,
}

impl Checkpoints {
    /// Saves to this folder, which is created if it does not exist.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), every_steps: 0, every_epochs: 1, keep_last: 2, keep_best: false }
    }

    /// Saves a checkpoint after every `steps` steps as well; 0 for none.
    pub fn every_steps(self, steps: u64) -> Self {
        Self { every_steps: steps, ..self }
    }

    /// Saves a checkpoint after every `epochs` epochs; 0 for none.
    pub fn every_epochs(self, epochs: u64) -> Self {
        Self { every_epochs: epochs, ..self }
    }

    /// Keeps the last `count` checkpoints, at least 1.
    pub fn keep_last(self, count: usize) -> Self {
        Self { keep_last: count.max(1), ..self }
    }

    /// Keeps the checkpoint with the lowest validation loss as well, as `best.ckpt`.
    pub fn keep_best(self) -> Self {
        Self { keep_best: true, ..self }
    }

    /// Loads the newest checkpoint in `folder` that is not damaged; the last one tried is `best.ckpt`.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::File`] if the folder exists and it, or one of its files, cannot be read:
    /// such a file may be whole, so no older one takes its place.
    pub fn latest(folder: impl AsRef<Path>) -> Result<Latest, Error> {
        Self::latest_until(folder, u64::MAX)
    }

    /// As [`latest`](Self::latest), without the checkpoints after step `step`.
    ///
    /// # Errors
    /// Those of [`latest`](Self::latest).
    pub fn latest_until(folder: impl AsRef<Path>, step: u64) -> Result<Latest, Error> {
        let mut latest = Latest { checkpoint: None, skipped: Vec::new() };
        let best = folder.as_ref().join(BEST);
        let best = best.exists().then_some(best);
        let is_later = |path: &PathBuf| step_of(path).is_some_and(|found| found > step);
        let paths = list(folder.as_ref())?.into_iter().rev().chain(best);
        for path in paths.filter(|path| !is_later(path)) {
            match Checkpoint::load(&path) {
                Ok(checkpoint) if checkpoint.step() > step => {}
                Ok(checkpoint) => {
                    latest.checkpoint = Some(checkpoint);
                    break;
                }
                Err(error @ Error::Checkpoint { .. }) => latest.skipped.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(latest)
    }

    /// Creates the folder, and removes temporary files of killed processes.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        let io = |reason| Error::Io { path: self.folder.clone(), reason };
        fs::create_dir_all(&self.folder).map_err(io)?;
        lenet_files::remove_temporary_files(&self.folder)?;
        // Versions before 0.1 named temporary files like this.
        for entry in fs::read_dir(&self.folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.contains(".ckpt.") && name.ends_with(".tmp") {
                fs::remove_file(&path).map_err(|reason| Error::Io { path, reason })?;
            }
        }
        Ok(())
    }

    pub(super) fn is_due_after_step(&self, step: u64) -> bool {
        self.every_steps != 0 && step.is_multiple_of(self.every_steps)
    }

    pub(super) fn is_due_after_epoch(&self, epochs: u64) -> bool {
        self.every_epochs != 0 && epochs.is_multiple_of(self.every_epochs)
    }

    pub(super) fn keeps_best(&self) -> bool {
        self.keep_best
    }

    pub(super) fn path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("step-{step:010}.ckpt"))
    }

    pub(super) fn best_path(&self) -> PathBuf {
        self.folder.join(BEST)
    }

    /// Removes all but the last `keep_last` checkpoints.
    pub(super) fn remove_old(&self) -> Result<(), Error> {
        let paths = list(&self.folder)?;
        let old = paths.len().saturating_sub(self.keep_last);
        for path in &paths[..old] {
            fs::remove_file(path).map_err(|reason| Error::Io { path: path.clone(), reason })?;
        }
        Ok(())
    }
}

/// The step in the name of a checkpoint; `None` for `best.ckpt`.
fn step_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

/// The checkpoints in `folder` except `best.ckpt`, oldest first.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let io = |reason| Error::Io { path: folder.to_owned(), reason };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("step-") && name.ends_with(".ckpt") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
