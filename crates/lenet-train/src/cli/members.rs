//! `ensemble` and `average`: one classifier from the networks of several runs.

mod average;
mod ensemble;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lenet_data::DigitSet;
use lenet_model::calibration::fit_temperature;
use lenet_model::{Classifier, StateDict, weights};

use super::calibration::{self, cross_entropy};
use super::config;
use super::data::DataArgs;
use super::prepared::Prepared;
use super::run_folder::{MANIFEST, WEIGHTS, in_manifest, is_run};
use super::run_settings::{self, SETTINGS};

pub(super) use average::{AverageArgs, run as average};
pub(super) use ensemble::{EnsembleArgs, run as ensemble};

/// Networks that were trained on the same images, and the images that all of them were validated on.
struct Members {
    names: Vec<PathBuf>,
    states: Vec<StateDict>,
    prepared: Prepared,
}

/// How well logits fit labels.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Mean cross-entropy.
    loss: f64,
    /// In percent.
    accuracy: f64,
}

impl Members {
    /// Reads the networks of `runs`, and the images of the first one; `data` names them if it is given.
    fn read(runs: &[PathBuf], data: &DataArgs) -> anyhow::Result<Self> {
        let mut args = config::settings_of_run(&runs[0])?; // clap requires two.
        args.outputs.quiet = true;
        // The networks are trained.
        args.fine_tuning.init = None;
        args.distillation = Default::default();
        if data.is_given() {
            args.data = data.clone();
        }
        // Before the data are read.
        runs.iter().try_for_each(|run| is_run(run, MANIFEST))?;
        let prepared = Prepared::new(args)?;
        ensure!(!prepared.valid.is_empty(), "{} has no validation images to choose by", runs[0].display());
        for run in runs {
            let recorded = in_manifest(run, "/data/sha256");
            ensure!(
                recorded.as_ref() == Some(&prepared.sha256),
                "{} was trained on other data than {}: their SHA-256 is {}, expected {}",
                run.display(),
                runs[0].display(),
                recorded.unwrap_or("not known".into()),
                prepared.sha256
            );
            let held_out = held_out(run)?;
            ensure!(
                held_out == prepared.valid.len() as i64,
                "{} has held out {held_out} images, and {} {}: it was trained on images that the other is judged by",
                run.display(),
                runs[0].display(),
                prepared.valid.len()
            );
        }
        let states = runs.iter().map(|run| weights::read_state_dict(&run.join(WEIGHTS)));
        let states = states.collect::<Result<_, _>>()?;
        Ok(Self { names: runs.to_vec(), states, prepared })
    }

    fn valid(&self) -> &DigitSet {
        &self.prepared.valid
    }

    fn classifier(&self, member: usize) -> Classifier {
        Classifier::with_state_dict(&self.states[member], &self.prepared.device)
    }

    fn ensemble(&self, members: &[usize]) -> anyhow::Result<Classifier> {
        Ok(Classifier::ensemble(members.iter().map(|&member| self.classifier(member)))?)
    }
}

/// Number of images that a run has held out.
fn held_out(run: &Path) -> anyhow::Result<i64> {
    let file = run.join(SETTINGS);
    let settings: toml::Table = run_settings::read_sealed(&file)?.parse()?;
    let valid = settings.get("valid").and_then(toml::Value::as_integer);
    valid.with_context(|| format!("{} has no `valid`", file.display()))
}

impl Fit {
    /// Of a classifier to the images of `set`, at the temperature that fits them best. Without it, networks that were trained with label
    /// smoothing, and ensembles more so, would look worse than they are: they are less sure than they are right.
    fn of(classifier: &Classifier, set: &DigitSet) -> anyhow::Result<Self> {
        let (logits, labels) = (calibration::logits(classifier, set)?, set.labels());
        let temperature = fit_temperature(&logits, labels);
        Ok(Self::of_logits(&logits, labels, classifier.classes(), temperature))
    }

    fn of_logits(logits: &[f32], labels: &[u8], classes: usize, temperature: Option<f64>) -> Self {
        let temperature = temperature.unwrap_or(1.0) as f32;
        let logits: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
        let rows = logits.chunks_exact(classes).zip(labels);
        let loss: f64 = rows.clone().map(|(row, label)| cross_entropy(row, *label)).sum();
        let largest = |row: &[f32]| {
            (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
        };
        let right = rows.filter(|(row, label)| largest(row) == usize::from(**label)).count();
        let images = labels.len().max(1) as f64;
        Self { loss: loss / images, accuracy: 100.0 * right as f64 / images }
    }
}
