//! `train`: from flags to a trained network.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use indicatif::HumanCount;
use lenet_data::Loader;
use lenet_data::mnist::Split;
use lenet_model::{LeNet, summary, weights};
use lenet_report::run::Record;
use lenet_train::hooks::RateRangeTest;
use lenet_train::{End, Evaluation, Outcome, evaluate};

use super::data::Digits;
use super::settings::TrainArgs;
use super::training::{Kept, Training};
use super::{interrupt, resume, run_folder, say};

/// Images are evaluated in batches of this size.
pub(super) const EVALUATION_BATCH: usize = 250;

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    args.check()?;
    if let Some(out) = &args.out {
        run_folder::has_no_run(out)?;
    }
    let device = args.device.open()?;
    let digits = args.data.find(args.outputs.quiet)?;
    let mut train = digits.load(Split::Train)?;
    let (all, held_out) = (train.len(), args.valid);
    ensure!(held_out < all, "--valid {held_out} leaves none of the {all} images to train on");
    let (manifest, sha256) = (args.manifest(&digits, &train), train.sha256());
    let valid = train.split_off(all - held_out);

    let (folder, checkpoint) = match &args.resume {
        Some(folder) => (folder.clone(), resume::newest(folder)?),
        None => {
            let folder =
                run_folder::create(args.out.as_deref(), digits.name, args.optimizer.kind, args.seed)?;
            run_folder::write_manifest(&folder, &manifest)?;
            run_folder::write_settings(&folder, args)?;
            (folder, None)
        }
    };
    if !args.outputs.quiet {
        announce(args, &digits, train.len(), valid.len());
    }

    let mut kept = Kept::new(args, &folder)?;
    let training = Training { args, device: &device, folder: &folder, sha256, checkpoint };
    let outcome = training.fit(train, valid, &mut kept)?;
    if let Some(test) = &kept.range_test {
        kept.metrics.write(&end_record(&outcome, None))?;
        report_range_test(test, &folder);
        return Ok(exit_code(&outcome));
    }
    let net = outcome.model.valid();
    let net = kept.ema.iter().fold(net, |net, ema| ema.apply(net));
    weights::save(&net, &folder.join(run_folder::WEIGHTS))?;
    let test = Loader::new(digits.load(Split::Test)?, EVALUATION_BATCH)?;
    let test = evaluate(&test, &device, args.loss.loss, |images| net.forward(images))?;
    kept.metrics.write(&end_record(&outcome, Some(test)))?;
    report(&outcome, test, &folder);
    Ok(exit_code(&outcome))
}

fn exit_code(outcome: &Outcome<LeNet>) -> ExitCode {
    let interrupted = outcome.end == End::Hook(interrupt::REASON.into());
    if interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS }
}

fn announce(args: &TrainArgs, digits: &Digits, train: usize, valid: usize) {
    let parameters = HumanCount(summary().parameters() as u64);
    say(format!("LeNet, {parameters} parameters, on {}", args.device.device));
    let (train, valid) = (HumanCount(train as u64), HumanCount(valid as u64));
    say(format!("{}: {train} images to train on, {valid} to validate on", digits.description));
}

fn end_record(outcome: &Outcome<LeNet>, test: Option<Evaluation>) -> Record {
    let seconds = outcome.training_time.as_secs_f64();
    Record::End {
        epochs: outcome.epochs,
        steps: outcome.steps,
        reason: outcome.end.to_string(),
        test_loss: test.map(|test| test.loss),
        test_accuracy: test.map(|test| test.accuracy),
        seconds,
        samples_per_second: outcome.samples as f64 / seconds,
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

fn report_range_test(test: &RateRangeTest, folder: &Path) {
    let (steps, last) = (test.curve().count(), test.curve().last().map_or(0.0, |(rate, _)| rate));
    say(match test.steepest() {
        Some(rate) => format!("the loss falls fastest at --lr {}", two_digits(rate)),
        None => "the loss never falls".to_owned(),
    });
    let (folder, file, last) = (folder.display(), run_folder::RANGE_TEST, two_digits(last));
    say(format!("in {folder}: {file}, the loss of {steps} steps up to a learning rate of {last}"));
}

/// A number with its first two digits.
fn two_digits(number: f64) -> String {
    let places = (1.0 - number.log10().floor()).clamp(0.0, 20.0) as usize;
    format!("{number:.places$}")
}
