//! A small training of the network with all that has a state.

use std::path::{Path, PathBuf};

use burn::module::ParamGroup;
use burn::tensor::Device;
use lenet_data::{DigitSet, Distorted, Distortion, HostBatch, Loader, Shifted, synthetic};
use lenet_model::LeNet;
use lenet_report::run::Record;
use lenet_train::hooks::{Accumulate, ClipGradNorm, Csv, EarlyStopping, Ema, JsonLines, ReduceOnPlateau};
use lenet_train::{
    AfterStep, AnyOptimizer, Checkpoint, Checkpoints, Error, Evaluation, Flow, Hook, Loss, Optimizer,
    OptimizerKind, Outcome, Schedule, Trainer, evaluate_classifier,
};

/// 2 epochs of 5 batches: 4 of 16 images and one of 8.
pub const STEPS: u64 = 10;

pub struct Run {
    pub folder: PathBuf,
    pub optimizer: AnyOptimizer,
    /// Of the biases.
    pub biases: Optimizer,
    pub device: Device,
    pub frozen: Option<ParamGroup>,
    /// The number of steps before.
    pub frozen_after: u64,
    /// Of the initial weights, which a checkpoint replaces.
    pub weights: u64,
    /// The step after which it is stopped.
    pub stop: Option<u64>,
    /// The same, for the trainer.
    pub stop_after: Option<u64>,
    pub resume: Option<Checkpoint>,
    /// Limits of all steps, and of the batches of an epoch.
    pub max_steps: Option<u64>,
    pub limit_batches: usize,
}

struct StopAt(u64);

impl<M, B> Hook<M, B> for StopAt {
    fn after_step(&mut self, step: &AfterStep<'_, M>) -> Result<Flow, Error> {
        Ok(if step.step == self.0 { Flow::EndFit("stopped".into()) } else { Flow::Continue })
    }
}

pub fn device() -> Device {
    lenet_backend::open(&"flex".parse().unwrap()).unwrap()
}

pub fn digits(range: std::ops::Range<u64>) -> DigitSet {
    synthetic::digits(3, range).unwrap()
}

impl Run {
    pub fn new(folder: &Path, kind: OptimizerKind) -> Self {
        let mut optimizer = Optimizer::new(kind);
        if matches!(kind, OptimizerKind::Sgd | OptimizerKind::Rmsprop) {
            optimizer = optimizer.momentum(0.9).weight_decay(1e-3);
        }
        Self {
            folder: folder.to_owned(),
            optimizer: optimizer.into(),
            biases: optimizer.weight_decay(0.0),
            device: device(),
            frozen: None,
            frozen_after: 0,
            weights: 1,
            stop: None,
            stop_after: None,
            resume: None,
            max_steps: None,
            limit_batches: usize::MAX,
        }
    }

    /// Goes on from the newest checkpoint of the folder, as another process would: from other weights.
    pub fn latest(self) -> Self {
        let latest = Checkpoints::latest(self.checkpoints()).unwrap();
        assert!(latest.skipped.is_empty(), "{:?}", latest.skipped);
        Self { resume: latest.checkpoint, weights: 99, ..self }
    }

    pub fn stop_at(self, step: u64) -> Self {
        Self { stop: Some(step), ..self }
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    pub fn fit(self) -> Result<Outcome<LeNet>, Error> {
        let (inner, checkpoints) = (self.device.clone(), self.checkpoints());
        std::fs::create_dir_all(&self.folder).unwrap();
        let device = inner.clone().autodiff();
        let distortion = Distortion::none().rotation(10.0).scale(0.1).elastic(0.6);
        let train = Distorted::new(Shifted::new(digits(0..72), 2, 7), distortion, 7)?;
        let train = Loader::new(train, 16)?.shuffle(7);
        let train = train.limit_batches(self.limit_batches);
        let valid = Loader::new(digits(72..104), 32)?;
        let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&device);
            Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
        })
        .optimizer(self.optimizer)
        .optimizer_for(ParamGroup::from_predicate(".bias"), self.biases)
        .lr_factor_for(ParamGroup::from_predicate("conv1"), 0.5)
        .schedule(Schedule::OneCycle { peak: 0.01 })
        .epochs(2)
        .setting("seed", 7)
        .validate(|net: &LeNet| -> Result<Evaluation, Error> {
            evaluate_classifier(&valid, &inner, Loss::CrossEntropy, |images| net.forward(images))
        })
        .hook(Accumulate::over(2))
        .hook(ClipGradNorm::new(0.5))
        .hook(Ema::new(0.9))
        .hook(ReduceOnPlateau::new(0.5, 0).threshold(0.5))
        .hook(EarlyStopping::new(5))
        .hook(JsonLines::append(&self.folder.join("metrics.jsonl"), 1)?)
        .hook(Csv::append(&self.folder.join("epochs.csv"))?)
        .checkpoints(Checkpoints::in_folder(checkpoints).every_steps(1).keep_last(3).keep_best());
        if let Some(frozen) = self.frozen {
            trainer = trainer.freeze_after(self.frozen_after, frozen);
        }
        if let Some(step) = self.stop {
            trainer = trainer.hook(StopAt(step));
        }
        if let Some(step) = self.stop_after {
            trainer = trainer.stop_after(step);
        }
        if let Some(steps) = self.max_steps {
            trainer = trainer.max_steps(steps);
        }
        if let Some(checkpoint) = self.resume {
            trainer = trainer.resume(checkpoint);
        }
        trainer.fit(LeNet::new(self.weights, &device), &train)
    }
}

/// The metrics of a run, but for times.
pub fn metrics(folder: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let mut records: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for record in &mut records {
        if let Record::Epoch { seconds, samples_per_second, .. } = record {
            (*seconds, *samples_per_second) = (0.0, 0.0);
        }
    }
    records
}

/// The rows of a run's table, but for times.
pub fn rows(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("epochs.csv")).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}
