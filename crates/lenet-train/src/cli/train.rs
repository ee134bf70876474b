//! `train`: from flags to a trained network.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use indicatif::HumanCount;
use lenet_backend::Device;
use lenet_data::mnist::Split;
use lenet_data::{DigitSet, HostBatch, Loader, Shifted};
use lenet_model::{LeNet, summary, weights};
use lenet_train::hooks::{
    Accumulate, ClipGradNorm, ClipGradValue, EarlyStopping, Ema, JsonLines, Progress, Record, TensorBoard,
};
use lenet_train::{Checkpoint, Checkpoints, CrossEntropy, End, Evaluation, Loss, Outcome, Trainer, evaluate};

use super::data::Digits;
use super::interrupt::{self, Interrupt};
use super::settings::TrainArgs;
use super::{resume, run_folder, say};

/// Images are evaluated in batches of this size.
pub(super) const EVALUATION_BATCH: usize = 250;

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let digits = args.data.find(args.quiet)?;
    let mut train = digits.load(Split::Train)?;
    let (all, held_out) = (train.len(), args.valid);
    ensure!(held_out < all, "--valid {held_out} leaves none of the {all} images to train on");
    let (manifest, sha256) = (args.manifest(&digits, &train), train.sha256());
    let valid = train.split_off(all - held_out);

    let (folder, checkpoint) = match &args.resume {
        Some(folder) => (folder.clone(), resume::newest(folder)?),
        None => (run_folder::create(args.out.as_deref(), digits.name, args.optimizer, args.seed)?, None),
    };
    if args.resume.is_none() {
        run_folder::write_manifest(&folder, &manifest)?;
        run_folder::write_settings(&folder, args)?;
    }
    let mut metrics = JsonLines::append(&folder.join(run_folder::METRICS), args.log_every)?;
    if !args.quiet {
        announce(args, &digits, train.len(), valid.len());
    }

    let mut ema = args.ema.map(Ema::new);
    let run = Run { args, device: &device, folder: &folder, sha256, checkpoint };
    let outcome = run.fit(train, valid, &mut metrics, ema.as_mut())?;
    let net = outcome.model.valid();
    let net = ema.iter().fold(net, |net, ema| ema.apply(net));
    weights::save(&net, &folder.join(run_folder::WEIGHTS))?;
    let test = Loader::new(digits.load(Split::Test)?, EVALUATION_BATCH)?;
    let test = evaluate(&test, &device, args.loss, |images| net.forward(images))?;
    metrics.write(&end_record(&outcome, test))?;
    report(&outcome, test, &folder);
    let interrupted = outcome.end == End::Hook(interrupt::REASON.into());
    Ok(if interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS })
}

/// A run that is about to begin, or to go on.
struct Run<'a> {
    args: &'a TrainArgs,
    device: &'a Device,
    folder: &'a Path,
    /// Of the digits.
    sha256: String,
    checkpoint: Option<Checkpoint>,
}

impl Run<'_> {
    fn fit(
        self,
        train: DigitSet,
        valid: DigitSet,
        metrics: &mut JsonLines,
        ema: Option<&mut Ema>,
    ) -> anyhow::Result<Outcome<LeNet>> {
        let Self { args, device, folder, .. } = self;
        let training_device = device.clone().autodiff();
        let train = Shifted::new(train, args.shift, args.seed);
        let train = Loader::new(train, args.batch_size)?.shuffle(args.seed).prefetch(1);
        let cross_entropy = CrossEntropy::new().smoothing(args.smoothing as f32);
        let mut trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
            let batch = batch.to_device(&training_device);
            let logits = net.forward(batch.images);
            match args.loss {
                Loss::CrossEntropy => cross_entropy.forward(logits, batch.labels),
                loss @ Loss::Mse => loss.forward(logits, batch.labels),
            }
        })
        .optimizer(args.optimizer())
        .schedule(args.schedule(train.batches() as u64))
        .warm_up(args.warm_up)
        .epochs(args.epochs as u64);
        if args.accumulate > 1 {
            trainer = trainer.hook(Accumulate::over(args.accumulate as u64));
        }
        if let Some(limit) = args.clip_norm {
            trainer = trainer.hook(ClipGradNorm::new(limit));
        }
        if let Some(limit) = args.clip_value {
            trainer = trainer.hook(ClipGradValue::new(limit));
        }
        if let Some(ema) = ema {
            trainer = trainer.hook(ema);
        }
        if let Some(epochs) = args.early_stopping {
            trainer = trainer.hook(EarlyStopping::new(epochs));
        }
        if args.tensorboard {
            trainer = trainer.hook(TensorBoard::append(folder, args.log_every)?);
        }
        trainer = trainer.hook(metrics).hook(Interrupt::watch()?);
        if !valid.is_empty() {
            let valid = Loader::new(valid, EVALUATION_BATCH)?;
            trainer = trainer.validate(move |net: &LeNet| {
                evaluate(&valid, device, args.loss, |images| net.forward(images))
            });
        }
        if !args.quiet {
            trainer = trainer.hook(Progress::new(args.epochs as u64));
        }
        for (key, value) in args.settings(&self.sha256)? {
            trainer = trainer.setting(&key, value);
        }
        let checkpoints = Checkpoints::in_folder(folder.join(resume::CHECKPOINTS));
        trainer = trainer
            .checkpoints(checkpoints.every_steps(args.checkpoint_every).keep_last(args.keep).keep_best());
        if let Some(checkpoint) = self.checkpoint {
            trainer = trainer.resume(checkpoint);
        }
        Ok(trainer.fit(LeNet::new(args.seed, &training_device), &train)?)
    }
}

fn announce(args: &TrainArgs, digits: &Digits, train: usize, valid: usize) {
    let parameters = HumanCount(summary().parameters() as u64);
    say(format!("LeNet, {parameters} parameters, on {}", args.device.device));
    let (train, valid) = (HumanCount(train as u64), HumanCount(valid as u64));
    say(format!("{}: {train} images to train on, {valid} to validate on", digits.description));
}

fn end_record(outcome: &Outcome<LeNet>, test: Evaluation) -> Record {
    let seconds = outcome.training_time.as_secs_f64();
    Record::End {
        epochs: outcome.epochs,
        steps: outcome.steps,
        reason: outcome.end.to_string(),
        test_loss: Some(test.loss),
        test_accuracy: Some(test.accuracy),
        seconds,
        images_per_second: outcome.samples as f64 / seconds,
    }
}

fn report(outcome: &Outcome<LeNet>, test: Evaluation, folder: &Path) {
    let seconds = outcome.training_time.as_secs_f64();
    let rate = HumanCount((outcome.samples as f64 / seconds) as u64);
    say(format!(
        "test accuracy {:.2} % on {} images not seen before (loss {:.4}), after {seconds:.1} s of training at {rate} images/s",
        100.0 * test.accuracy,
        HumanCount(test.samples as u64),
        test.loss,
    ));
    let [weights, metrics, manifest] = [run_folder::WEIGHTS, run_folder::METRICS, run_folder::MANIFEST];
    say(format!("in {}: {weights}, {metrics}, {manifest}", folder.display()));
}
