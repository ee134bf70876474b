//! Weights and checkpoints that one subject writes and every other reads and goes on from.
//!
//! A first pass (`writer_cases`) trains a few steps on each subject and leaves files in a folder of its own; a second one
//! ([`reader_cases`]) reads on each subject what all the others left.

use std::fs;
use std::path::{Path, PathBuf};

use lenet_data::{HostBatch, Loader, SIDE, Samples};
use lenet_model::{LeNet, StateDict, weights};
use lenet_train::{Checkpoint, Checkpoints, Loss, Optimizer, Schedule, Trainer};

use crate::protocol::Status;
use crate::training_case::TrainingCase;
use crate::{Array, Case, Error, Findings, FloatType, Rung, Subject};

/// The checkpoint is taken before the last step.
const STEPS: usize = 4;

/// The case of the first pass: train, write into `folder` (or a temporary one), and read back. Another process may do
/// the rest.
pub(crate) fn writer_cases(folder: Option<PathBuf>) -> Vec<Case> {
    let round_trip = move |subject: &Subject, findings: &mut Findings| {
        if subject.float_type == FloatType::F64 {
            findings.verdict("files", Status::Unsupported, "files hold f32");
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

/// The cases of the second pass: what every subject but `reader` left in `folder`.
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
        .retain(|writer| *writer != reader.replace(':', "-") && Files::new(&folder.join(writer)).are_there());
    writers.sort();
    let case = |writer: &String| {
        let files = Files::new(&folder.join(writer));
        Case::new(Rung::Exchange, format!("from-{writer}"), move |subject, findings| {
            if subject.float_type == FloatType::F64 {
                findings.verdict("files", Status::Unsupported, "files hold f32");
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

/// The training: SGD with momentum.
fn training_case() -> Result<TrainingCase, Error> {
    TrainingCase::new(Optimizer::sgd().momentum(0.9), 0.01, Loss::CrossEntropy, STEPS)
}

/// What a subject leaves.
struct Files {
    folder: PathBuf,
    /// The weights before the last step.
    before: PathBuf,
    /// The weights after all steps.
    safetensors: PathBuf,
    /// The same in the other format.
    burnpack: PathBuf,
    /// The training before the last step.
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

    fn are_there(&self) -> bool {
        [&self.before, &self.safetensors, &self.burnpack, &self.checkpoint].iter().all(|file| file.is_file())
    }

    /// Trains and writes; returns the weights in memory.
    fn write(&self, subject: &Subject, training: &TrainingCase) -> Result<StateDict, Error> {
        let checkpoints = self.folder.join("checkpoints");
        let io = |source| Error::Io { path: checkpoints.clone(), source };
        if checkpoints.exists() {
            fs::remove_dir_all(&checkpoints).map_err(io)?;
        }
        let kept = Checkpoints::in_folder(&checkpoints).every_steps(1).every_epochs(0).keep_last(STEPS);
        let loader = loader(training)?;
        let net =
            trainer(subject, training).checkpoints(kept).fit(training.start(&subject.device), &loader)?.model;
        weights::save(&net, &self.safetensors)?;
        weights::save(&net, &self.burnpack)?;
        fs::copy(checkpoints.join(format!("step-{:010}.ckpt", STEPS - 1)), &self.checkpoint).map_err(io)?;
        fs::remove_dir_all(&checkpoints).map_err(io)?;
        let before = Checkpoint::load(&self.checkpoint)?.load_model(training.start(&subject.device))?;
        weights::save(&before, &self.before)?;
        Ok(net.state_dict()?)
    }

    /// Both files of weights, on the device and back: the bits of those in memory.
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

    /// The checkpoint: its weights have the bits of the writer's, and the step that follows comes to what it came to for
    /// the writer.
    fn compare_continued(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        training: &TrainingCase,
        to_the_bit: bool,
    ) -> Result<(), Error> {
        let checkpoint = Checkpoint::load(&self.checkpoint)?;
        let read = checkpoint.load_model(training.start(&subject.device))?.state_dict()?;
        let before = weights::read_state_dict(&self.before)?;
        findings.compare_array("checkpoint", flat(&read), &flat(&before).to_oracle());
        let loader = loader(training)?;
        let continued =
            trainer(subject, training).resume(checkpoint).fit(training.start(&subject.device), &loader)?;
        let theirs = weights::read_state_dict(&self.safetensors)?;
        let mut expected = flat(&theirs).to_oracle();
        if !to_the_bit {
            training.allow_for_last_step(&mut expected, &before)?;
        }
        findings.compare_array("continued", flat(&continued.model.state_dict()?), &expected);
        Ok(())
    }
}

/// All parameters, one after the other.
fn flat(state: &StateDict) -> Array {
    let values: Vec<f64> = state
        .parameters()
        .iter()
        .flat_map(|parameter| parameter.values.iter().map(|value| f64::from(*value)))
        .collect();
    Array { shape: vec![values.len()], values }
}

/// With the optimizer of this workspace on every subject: a checkpoint holds its state, and Burn's have another.
fn trainer(subject: &Subject, training: &TrainingCase) -> Trainer<'static, LeNet, HostBatch> {
    let (device, operations, loss) = (subject.device.clone(), subject.operations, training.loss);
    Trainer::new(move |net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        (operations.loss)(loss, (operations.logits)(net, batch.images), batch.labels)
    })
    .optimizer(training.optimizer)
    .schedule(Schedule::Constant { learning_rate: training.learning_rate })
}

/// The batches of the case, in order.
fn loader(training: &TrainingCase) -> Result<Loader<Images>, Error> {
    let size = training.batches.first().map_or(1, |batch| batch.labels.len());
    let batches = training.batches.iter().map(|batch| batch.to_host_batch());
    let mut all = HostBatch { images: Vec::new(), labels: Vec::new() };
    for batch in batches {
        all.images.extend(batch.images);
        all.labels.extend(batch.labels);
    }
    Ok(Loader::new(Images(all), size)?)
}

/// Images that are normalised already.
struct Images(HostBatch);

impl Samples for Images {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn gather(&self, indices: &[usize]) -> Result<HostBatch, lenet_data::Error> {
        let pixels = SIDE * SIDE;
        let image = |&index: &usize| self.0.images[index * pixels..(index + 1) * pixels].to_vec();
        let labels = indices.iter().map(|&index| self.0.labels[index]).collect();
        Ok(HostBatch { images: indices.iter().flat_map(image).collect(), labels })
    }
}
