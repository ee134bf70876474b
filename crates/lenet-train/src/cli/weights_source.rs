//! [`WeightsSource`]: the weights that a command uses.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lenet_model::{StateDict, pretrained, weights};

use super::print::print_note;
use super::run_folder::WEIGHTS;
use super::run_settings::sha256;

/// The name of the trained weights in the program, in place of a path.
const PRETRAINED: &str = "pretrained";

/// A file with weights, or the trained weights in the program.
#[derive(Clone, Debug)]
pub(super) enum WeightsSource {
    File(PathBuf),
    Pretrained,
}

impl WeightsSource {
    /// The weights that a command names: `pretrained`, a file, or the folder of a run.
    pub(super) fn named(path: &Path) -> Self {
        if path == Path::new(PRETRAINED) {
            return Self::Pretrained;
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

    pub(super) fn read(&self) -> anyhow::Result<StateDict> {
        match self {
            Self::File(path) => Ok(weights::read_state_dict(path)?),
            Self::Pretrained => Ok(StateDict::pretrained()),
        }
    }

    /// The weights, and the SHA-256 of their file.
    pub(super) fn read_with_sha256(&self) -> anyhow::Result<(StateDict, String)> {
        let state = self.read()?;
        let sha256 = match self {
            Self::File(path) => sha256(&lenet_files::read(path, weights::LARGEST_FILE)?),
            Self::Pretrained => sha256(pretrained::WEIGHTS),
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
            Self::File(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            Self::Pretrained => PRETRAINED.into(),
        }
    }

    /// The path or `pretrained`, as [`named`](Self::named) takes it.
    pub(super) fn name(&self) -> String {
        self.file().map_or(PRETRAINED.to_owned(), |path| path.to_string_lossy().into_owned())
    }

    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Pretrained => None,
        }
    }
}

impl fmt::Display for WeightsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Pretrained => f.write_str("trained weights in this program"),
        }
    }
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
