//! `--teacher`: the trained network, or the ensemble, whose answers a training learns from.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn::tensor::Tensor;
use lenet_backend::Device;
use lenet_data::DigitSet;
use lenet_model::Classifier;

use super::ensemble_file;
use super::manifest;
use super::run_folder::began_with;
use super::run_settings::sha256;
use super::weights_source::WeightsSource;

/// The teacher of a training.
pub(super) struct Teacher {
    source: WeightsSource,
    /// SHA-256 of the file; of an ensemble, of the file that names its members with theirs.
    pub(super) sha256: String,
    classifier: Classifier,
}

impl Teacher {
    /// Reads the teacher at `path`, which must know the classes of the images `train` and read them in their normalisation.
    pub(super) fn read(path: &Path, train: &DigitSet, device: &Device) -> anyhow::Result<Self> {
        let source = WeightsSource::named(path);
        let read = || -> anyhow::Result<(Classifier, String)> {
            match &source {
                WeightsSource::Ensemble(folder) => {
                    let file =
                        lenet_files::read(&folder.join(ensemble_file::NAME), ensemble_file::MOST_BYTES)?;
                    Ok((source.classifier(device)?, sha256(&file)))
                }
                _ => {
                    let (state, sha256) = source.read_with_sha256()?;
                    Ok((Classifier::with_state_dict(&state, device), sha256))
                }
            }
        };
        let (classifier, sha256) = read().context("--teacher")?;
        let (found, expected) = (classifier.classes(), train.classes());
        ensure!(found == expected, "--teacher {source}: it knows {found} classes, the data have {expected}");
        let names = &classifier.metadata().class_names;
        ensure!(
            names.is_empty() || train.class_names().is_empty() || names == train.class_names(),
            "--teacher {source}: its classes have other names than those of the data"
        );
        let (its, ours) = (classifier.normalisation(), train.normalisation());
        ensure!(
            (its.mean, its.std) == (ours.mean, ours.std),
            "--teacher {source}: it reads images normalised by mean {} and deviation {}, these are by {} and {}: give it with \
             --mean {} --std {}",
            its.mean,
            its.std,
            ours.mean,
            ours.std,
            its.mean,
            its.std
        );
        Ok(Self { source, sha256, classifier })
    }

    /// The logits `[batch, classes]` of `images` `[batch, 1, 32, 32]`, without autodiff; of an ensemble the logarithms of its
    /// probabilities.
    pub(super) fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        self.classifier.forward(images.inner())
    }

    /// The value of `--teacher` that finds the same weights in any working folder.
    pub(super) fn setting(&self) -> PathBuf {
        self.source.setting()
    }

    /// A line for a person.
    pub(super) fn describe(&self) -> String {
        match self.classifier.members() {
            1 => format!("learning from {}", self.source),
            members => format!("learning from {}, an ensemble of {members} networks", self.source),
        }
    }

    /// The record in the manifest.
    pub(super) fn record(&self) -> manifest::Weights {
        manifest::Weights { weights: self.source.name(), sha256: self.sha256.clone() }
    }

    /// Whether the run in `folder` began with the same teacher, or without one.
    pub(super) fn check(teacher: Option<&Self>, folder: &Path) -> anyhow::Result<()> {
        let now = teacher.map(|teacher| teacher.sha256.as_str());
        let remedy = "name the one that it began with";
        began_with(folder, "/teacher/sha256", now, "another teacher: its", remedy)
    }
}
