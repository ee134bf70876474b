//! [`WeightsSource`]: the weights that a command uses.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{bail, ensure};
use lenet_backend::Device;
use lenet_model::{Classifier, StateDict, pretrained, weights};

use super::ensemble_file;
use super::print::print_note;
use super::run_folder::{WEIGHTS, has_ended};
use super::run_settings::{SETTINGS, sha256};

/// The name of the trained weights in the program, in place of a path.
const PRETRAINED: &str = "pretrained";

/// A file with weights, or the trained weights in the program.
#[derive(Clone, Debug)]
pub(super) enum WeightsSource {
    File(PathBuf),
    /// The folder of an ensemble.
    Ensemble(PathBuf),
    Pretrained,
}

impl WeightsSource {
    /// The weights that a command names: `pretrained`, a file, or the folder of a run.
    pub(super) fn named(path: &Path) -> Self {
        if path == Path::new(PRETRAINED) {
            return Self::Pretrained;
        }
        if path.join(ensemble_file::NAME).exists() {
            return Self::Ensemble(path.to_owned());
        }
        Self::File(if path.is_dir() { path.join(WEIGHTS) } else { path.to_owned() })
    }

    /// The weights at `path`. Without a path, those of the run under `runs/` that ended last; without such a
    /// run, the trained weights in the program, which a line on standard error tells.
    pub(super) fn named_or_default(path: Option<&Path>) -> Self {
        match path {
            Some(path) => Self::named(path),
            None => newest(Path::new("runs")).map_or_else(Self::noted_pretrained, Self::File),
        }
    }

    fn noted_pretrained() -> Self {
        let accuracy = test_accuracy().map_or(String::new(), |accuracy| {
            format!(" ({:.2} % of MNIST's test digits right)", 100.0 * accuracy)
        });
        print_note(format_args!("no run in runs/: using the {}{accuracy}", Self::Pretrained));
        Self::Pretrained
    }

    /// The classifier of the weights, or of the ensemble, on a device.
    pub(super) fn classifier(&self, device: &Device) -> anyhow::Result<Classifier> {
        match self {
            Self::Ensemble(folder) => ensemble_file::read(folder, device),
            _ => Ok(Classifier::with_state_dict(&self.read()?, device)),
        }
    }

    /// The weights of one network.
    pub(super) fn read(&self) -> anyhow::Result<StateDict> {
        match self {
            Self::Ensemble(folder) => {
                bail!("{} is an ensemble, expected one network: name one of its members", folder.display())
            }
            Self::File(path) => {
                has_weights(path)?;
                Ok(weights::read_state_dict(path)?)
            }
            Self::Pretrained => Ok(StateDict::pretrained()),
        }
    }

    /// The weights, and the SHA-256 of their file.
    pub(super) fn read_with_sha256(&self) -> anyhow::Result<(StateDict, String)> {
        let state = self.read()?;
        let sha256 = match self {
            // `read` has refused an ensemble.
            Self::File(path) => sha256(&lenet_files::read(path, weights::LARGEST_FILE)?),
            Self::Ensemble(_) | Self::Pretrained => sha256(pretrained::WEIGHTS),
        };
        Ok((state, sha256))
    }

    /// Whether the file does not exist.
    pub(super) fn is_gone(&self) -> bool {
        self.file().is_some_and(|path| !path.exists())
    }

    /// The name that finds the same weights in any working folder.
    pub(super) fn setting(&self) -> PathBuf {
        match self {
            Self::File(path) | Self::Ensemble(path) => {
                std::path::absolute(path).unwrap_or_else(|_| path.clone())
            }
            Self::Pretrained => PRETRAINED.into(),
        }
    }

    /// The path or `pretrained`, as [`named`](Self::named) takes it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Ensemble(path) => path.to_string_lossy().into_owned(),
            Self::Pretrained => PRETRAINED.to_owned(),
        }
    }

    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Ensemble(_) | Self::Pretrained => None,
        }
    }
}

impl fmt::Display for WeightsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Ensemble(path) => path.display().fmt(f),
            Self::Pretrained => f.write_str("trained weights in this program"),
        }
    }
}

/// Refuses the weights of a run that has none, because its training has not ended or was a range test.
fn has_weights(path: &Path) -> anyhow::Result<()> {
    let Some(run) = path.parent().filter(|_| path.file_name() == Some(WEIGHTS.as_ref()) && !path.exists())
    else {
        return Ok(());
    };
    let run = if run == Path::new("") { Path::new(".") } else { run };
    ensure!(
        has_ended(run) || !run.join(SETTINGS).exists(),
        "the run in {0} has no weights yet: its training has not ended, and --resume {0} goes on",
        run.display()
    );
    Ok(())
}

/// The test accuracy in the provenance of the trained weights.
fn test_accuracy() -> Option<f64> {
    let provenance: serde_json::Value = serde_json::from_str(pretrained::PROVENANCE).ok()?;
    provenance.pointer("/test/accuracy")?.as_f64()
}

/// The most recently written weights of the runs in `folder`.
fn newest(folder: &Path) -> Option<PathBuf> {
    let weights = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path().join(WEIGHTS)));
    let when =
        |path: &PathBuf| path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    weights.filter(|path| path.is_file()).max_by_key(when)
}
