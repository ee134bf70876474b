//! Exchange of weights and checkpoints: one subject writes them, every other subject reads them and continues
//! the training.
//!
//! In the first pass (`writer_cases`) each subject trains a few steps and writes its files into a folder of
//! its own. In the second pass ([`reader_cases`]) each subject reads the files of all others.

use std::fs;
use std::path::{Path, PathBuf};

use lenet_data::{HostBatch, Loader, SIDE, Samples};
use lenet_model::{LeNet, StateDict, weights};
use lenet_train::{Checkpoint, Checkpoints, Loss, Optimizer, Schedule, Trainer};

use crate::training_case::TrainingCase;
use crate::{Array, Case, Error, Findings, FloatType, Rung, Subject};
use lenet_report::conformance::Status;

/// Number of training steps. The exchanged checkpoint is the one before the last step.
const STEPS: usize = 4;

/// Builds the case of the first pass: train, write the files into `folder` (or a temporary folder), and read
/// them back.
pub(crate) fn writer_cases(folder: Option<PathBuf>) -> Vec<Case> {
    let round_trip = move |subject: &Subject, findings: &mut Findings| {
        if subject.float_type == FloatType::F64 {
            findings.verdict("files", Status::Unsupported, "the file formats store f32");
            return Ok(());
        }
        let training = training_case()?;
        let temporary =
            tempfile::tempdir().map_err(|source| Error::Io { path: std::env::temp_dir(), source })?;
        let folder = folder.as_deref().unwrap_or(temporary.path()).join(subject.name.replace(':', "-"));
        let files = Files::new(&folder);
        let trained = files.write(subject, &training)?;
        files.compare_weights(subject, findings, &trained)?;
        files.compare_continued(subject, findings, &training, subject.is_cpu())
    };
    vec![Case::new(Rung::Exchange, "own-files", round_trip)]
}

/// Builds the cases of the second pass: one for each subject other than `reader` that wrote into `folder`.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read.
pub fn reader_cases(folder: &Path, reader: &str) -> Result<Vec<Case>, Error> {
    let io = |source| Error::Io { path: folder.to_owned(), source };
    let mut writers = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        writers.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    }
    writers
        .retain(|writer| *writer != reader.replace(':', "-") && Files::new(&folder.join(writer)).all_exist());
    writers.sort();
    let case = |writer: &String| {
        let files = Files::new(&folder.join(writer));
        Case::new(Rung::Exchange, format!("from-{writer}"), move |subject, findings| {
            if subject.float_type == FloatType::F64 {
                findings.verdict("files", Status::Unsupported, "the file formats store f32");
                return Ok(());
            }
            let training = training_case()?;
            let trained = weights::read_state_dict(&files.safetensors)?;
            files.compare_weights(subject, findings, &trained)?;
            files.compare_continued(subject, findings, &training, false)
        })
    };
    Ok(writers.iter().map(case).collect())
}

/// The training to exchange: SGD with momentum.
fn training_case() -> Result<TrainingCase, Error> {
    TrainingCase::new(Optimizer::sgd().momentum(0.9), 0.01, Loss::CrossEntropy, STEPS)
}

/// The files that one subject writes.
struct Files {
    folder: PathBuf,
    /// Weights before the last step.
    before: PathBuf,
    /// Weights after the last step.
    safetensors: PathBuf,
    /// Weights after the last step, as Burn's package.
    burnpack: PathBuf,
    /// Checkpoint before the last step.
    checkpoint: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            before: folder.join("before.safetensors"),
            safetensors: folder.join("weights.safetensors"),
            burnpack: folder.join("weights.bpk"),
            checkpoint: folder.join("step.ckpt"),
        }
    }

    fn all_exist(&self) -> bool {
        [&self.before, &self.safetensors, &self.burnpack, &self.checkpoint].iter().all(|file| file.is_file())
    }

    /// Trains and writes all files; returns the trained weights.
    fn write(&self, subject: &Subject, training: &TrainingCase) -> Result<StateDict, Error> {
        let checkpoints = self.folder.join("checkpoints");
        let io = |source| Error::Io { path: checkpoints.clone(), source };
        if checkpoints.exists() {
            fs::remove_dir_all(&checkpoints).map_err(io)?;
        }
        let kept = Checkpoints::in_folder(&checkpoints).every_steps(1).every_epochs(0).keep_last(STEPS);
        let loader = loader(training)?;
        let net = trainer(subject, training)
            .checkpoints(kept)
            .fit(training.initial_network(&subject.device), &loader)?
            .model;
        weights::save(&net, &self.safetensors)?;
        weights::save(&net, &self.burnpack)?;
        fs::copy(checkpoints.join(format!("step-{:010}.ckpt", STEPS - 1)), &self.checkpoint).map_err(io)?;
        fs::remove_dir_all(&checkpoints).map_err(io)?;
        let before =
            Checkpoint::load(&self.checkpoint)?.load_model(training.initial_network(&subject.device))?;
        weights::save(&before, &self.before)?;
        Ok(net.state_dict()?)
    }

    /// Loads both weight files on the device, reads them back, and requires the bits of `trained`.
    fn compare_weights(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        trained: &StateDict,
    ) -> Result<(), Error> {
        for (quantity, path) in [("safetensors", &self.safetensors), ("burnpack", &self.burnpack)] {
            let read = weights::load(path, &subject.device)?.state_dict()?;
            findings.compare_array(quantity, flat(&read), &flat(trained).to_oracle());
        }
        Ok(())
    }

    /// Loads the checkpoint, requires the bits of the writer's weights, and takes the last step. The result
    /// must be equal to the writer's, or within its bounds unless `bit_exact`.
    fn compare_continued(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        training: &TrainingCase,
        bit_exact: bool,
    ) -> Result<(), Error> {
        let checkpoint = Checkpoint::load(&self.checkpoint)?;
        let read = checkpoint.load_model(training.initial_network(&subject.device))?.state_dict()?;
        let before = weights::read_state_dict(&self.before)?;
        findings.compare_array("checkpoint", flat(&read), &flat(&before).to_oracle());
        let loader = loader(training)?;
        let continued = trainer(subject, training)
            .resume(checkpoint)
            .fit(training.initial_network(&subject.device), &loader)?;
        let theirs = weights::read_state_dict(&self.safetensors)?;
        let mut expected = flat(&theirs).to_oracle();
        if !bit_exact {
            training.set_last_step_bounds(&mut expected, &before)?;
        }
        findings.compare_array("continued", flat(&continued.model.state_dict()?), &expected);
        Ok(())
    }
}

/// Concatenates all parameters.
fn flat(state: &StateDict) -> Array {
    let values: Vec<f64> = state
        .parameters()
        .iter()
        .flat_map(|parameter| parameter.values.iter().map(|value| f64::from(*value)))
        .collect();
    Array { shape: vec![values.len()], values }
}

/// A trainer with this workspace's optimizer, also on subjects with Burn's operations: a checkpoint stores
/// that optimizer's state, and Burn's optimizers have other states.
fn trainer(subject: &Subject, training: &TrainingCase) -> Trainer<'static, LeNet, HostBatch> {
    let (device, operations, loss) = (subject.device.clone(), subject.operations, training.loss);
    Trainer::new(move |net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        (operations.loss)(loss, (operations.logits)(net, batch.images), batch.labels)
    })
    .optimizer(training.optimizer)
    .schedule(Schedule::Constant { learning_rate: training.learning_rate })
}

/// A loader of the training's batches, in order.
fn loader(training: &TrainingCase) -> Result<Loader<NormalizedImages>, Error> {
    let size = training.batches.first().map_or(1, |batch| batch.labels.len());
    let batches = training.batches.iter().map(|batch| batch.to_host_batch());
    let mut all = HostBatch::new(Vec::new(), Vec::new());
    for batch in batches {
        all.images.extend(batch.images);
        all.labels.extend(batch.labels);
    }
    Ok(Loader::new(NormalizedImages(all), size)?)
}

/// Images that are already normalised.
struct NormalizedImages(HostBatch);

impl Samples for NormalizedImages {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn gather(&self, indices: &[usize]) -> Result<HostBatch, lenet_data::Error> {
        let pixels = SIDE * SIDE;
        let image = |&index: &usize| self.0.images[index * pixels..(index + 1) * pixels].to_vec();
        let labels = indices.iter().map(|&index| self.0.labels[index]).collect();
        Ok(HostBatch::new(indices.iter().flat_map(image).collect(), labels))
    }
}
