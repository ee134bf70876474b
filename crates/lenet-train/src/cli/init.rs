//! `--init`: the weights that a training starts from.

use std::path::{Path, PathBuf};

use anyhow::bail;
use lenet_data::DigitSet;
use lenet_model::StateDict;

use super::manifest;
use super::run_folder::{RunFolder, began_with, in_manifest};
use super::weights_source::WeightsSource;

/// The initial weights of a fine-tuning.
pub(super) struct Init {
    source: WeightsSource,
    /// SHA-256 of the file.
    pub(super) sha256: String,
    /// `None` if the file is gone: a run that resumes from a checkpoint does not need it.
    state: Option<StateDict>,
}

impl Init {
    /// Reads the weights at `path`. If `resumed` is a run that began with a file that is gone, takes the SHA-256
    /// of its manifest.
    pub(super) fn read(path: &Path, resumed: Option<&Path>) -> anyhow::Result<Self> {
        let source = WeightsSource::named(path);
        let recorded = resumed.and_then(|run| in_manifest(run, "/init/sha256"));
        match (source.read_with_sha256(), recorded) {
            (Ok((state, sha256)), _) => Ok(Self { source, sha256, state: Some(state) }),
            (Err(_), Some(sha256)) if source.is_gone() => Ok(Self { source, sha256, state: None }),
            (Err(error), _) => Err(error.context("--init")),
        }
    }

    /// The value of `--init` that finds the same weights in any working folder.
    pub(super) fn setting(&self) -> PathBuf {
        self.source.setting()
    }

    /// The weights at the beginning of the training, in place of those that were `drawn` for the classes of its
    /// data `train`: where the classes are others, the last layer is the drawn one. The weights of a checkpoint replace
    /// them.
    ///
    /// # Errors
    /// The file is gone, and there is no checkpoint.
    pub(super) fn start(
        &self,
        drawn: StateDict,
        train: &DigitSet,
        has_checkpoint: bool,
    ) -> anyhow::Result<StateDict> {
        match &self.state {
            Some(state) if other_classes(state, train).is_none() => Ok(state.clone()),
            Some(state) => Ok(state.clone().with_last_layer(drawn)),
            None if has_checkpoint => Ok(drawn),
            None => bail!("--init {}: no such file, and the run has no checkpoint yet", self.source),
        }
    }

    /// A line for a person, on a training on `train`.
    pub(super) fn describe(&self, train: &DigitSet) -> String {
        let other = self.state.as_ref().and_then(|state| other_classes(state, train));
        let anew =
            other.map_or(String::new(), |other| format!("; their last layer {other}: it is drawn anew"));
        format!("starting from {}{anew}", self.source)
    }

    /// The record in the manifest.
    pub(super) fn record(&self) -> manifest::Weights {
        manifest::Weights { weights: self.source.name(), sha256: self.sha256.clone() }
    }

    /// Whether the run in `folder` began with the same weights.
    pub(super) fn check(init: Option<&Self>, folder: &RunFolder) -> anyhow::Result<()> {
        let now = init.map(|init| init.sha256.as_str());
        began_with(folder.path(), "/init/sha256", now, "other initial weights: their", "leave --init out")
    }
}

/// How the classes of the weights differ from those of the images; `None` if they are the same, or if one of the two does not know
/// their names.
fn other_classes(state: &StateDict, train: &DigitSet) -> Option<String> {
    let (found, expected) = (state.classes(), train.classes());
    if found != expected {
        return Some(format!("has {found} classes, the data have {expected}"));
    }
    let names = state.metadata().class_names.iter().zip(train.class_names());
    let (theirs, ours) = names.into_iter().find(|(theirs, ours)| theirs != ours)?;
    Some(format!("has a class {theirs}, which is {ours} in the data"))
}
