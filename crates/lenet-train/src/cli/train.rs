//! `train`: from flags to a trained network.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use indicatif::HumanCount;
use lenet_backend::Device;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, Loader, Normalisation as Normalised};
use lenet_model::{LeNet, Metadata, Normalisation, summary_with_classes, weights};
use lenet_report::run::Record;
use lenet_train::hooks::{MaxTime, RateRangeTest};
use lenet_train::{End, Evaluation, Outcome, evaluate_classifier};

use super::calibration;
use super::data::{Digits, EVALUATION_BATCH};
use super::init::Init;
use super::interrupt::REASON;
use super::print::{print_line, print_note};
use super::report;
use super::resume;
use super::run_folder::{self, RunFolder};
use super::settings::TrainArgs;
use super::training::{Kept, Training};

pub(super) fn run(mut args: TrainArgs) -> anyhow::Result<ExitCode> {
    args.check()?;
    args.complete();
    if let Some(out) = &args.out {
        run_folder::has_no_run(out)?;
    }
    let device = args.device.open()?;
    let digits = args.data.find(args.outputs.quiet)?.with_synthetic_count(args.synthetic_count)?;
    args.data.set(digits.setting.clone());
    let (mut train, mut valid) = (digits.load(Part::Train)?, digits.load(Part::Valid)?);
    let test = digits.load(Part::Test)?; // An error of the test set shows before the training.
    args.loss.check_classes(train.classes())?;
    let sha256 = train.sha256();
    let held_out = args.resolve_valid(train.len(), !valid.is_empty())?;
    if held_out > 0 {
        valid = train.split_off(train.len() - held_out);
    }
    let normalisation = args.normalise.resolve(&train, digits.is_mnist(&sha256))?;
    let [train, valid, test] = [train, valid, test].map(|set| set.with_normalisation(normalisation));
    let init =
        args.fine_tuning.init.as_deref().map(|path| Init::read(path, args.resume.as_deref())).transpose()?;
    args.fine_tuning.init = init.as_ref().map(Init::setting);
    let (args, manifest) = (&args, args.manifest(&digits, &train, &valid, &sha256, init.as_ref()));
    let plan = args.plan(train.len());

    let (folder, checkpoint) = match &args.resume {
        Some(path) => {
            let folder = RunFolder::open(path)?;
            Init::check(init.as_ref(), &folder)?;
            let checkpoint = resume::newest(path, args, &plan)?;
            folder.describe_again(args, manifest)?;
            (folder, checkpoint)
        }
        None => {
            let folder = RunFolder::create(args.out.as_deref(), digits.name, args.optimizer.kind, args.seed)?;
            folder.describe(args, &manifest)?;
            (folder, None)
        }
    };
    let drawn = args.start.weights(train.classes(), args.seed)?;
    if !args.outputs.quiet {
        announce(args, &digits, &train, &valid)?;
        init.iter().try_for_each(|init| print_line(init.describe(drawn.classes())))?;
    }
    if args.resume.is_some() && checkpoint.is_none() {
        resume::clear_logs(folder.path())?;
    }

    let mut kept = Kept::new(args, folder.path())?;
    let init_sha256 = init.as_ref().map(|init| init.sha256.clone());
    let start = match init {
        Some(init) => init.start(drawn, checkpoint.is_some())?,
        None => drawn,
    };
    let training =
        Training { args, device: &device, folder: folder.path(), sha256, start, init_sha256, checkpoint };
    let outcome = training.fit(train, valid.clone(), &mut kept);
    if let (Some(trace), Some(file)) = (&kept.trace, &args.outputs.trace) {
        trace.write(file)?;
    }
    let outcome = outcome?;
    let test = match kept.range_test {
        Some(_) => None,
        None => {
            let sets = [valid, test];
            Some(save_and_test(args, &device, &outcome, &digits, sets, &kept, folder.path())?)
        }
    };
    kept.metrics.write(&end_record(&outcome, test))?;
    ensure!(
        test.is_none_or(|test| !test.loss.is_nan()),
        "the network in {} has no accuracy: its outputs are NaN; lower the learning rate with --lr, or end at the \
         first NaN with --nan-guard 1",
        folder.path().display()
    );
    let reported = match (&kept.range_test, test) {
        (Some(range_test), _) => report_range_test(range_test, folder.path()),
        (None, Some(test)) => print_result(&outcome, test, folder.path()),
        (None, None) => Ok(()),
    };
    if args.outputs.report && test.is_some() {
        report::of_training(folder.path(), &args.data, &device)?;
    }
    if outcome.end == End::Hook(MaxTime::REASON.into()) {
        let (done, planned, folder) = (outcome.steps, plan.steps, folder.path().display());
        print_note(format_args!("time is up after {done} of {planned} steps: --resume {folder} goes on"));
    }
    if outcome.end == End::Hook(REASON.into()) {
        return Ok(kept.interrupt.exit_code()); // After a hang-up, the terminal may be gone.
    }
    reported.map(|()| ExitCode::SUCCESS)
}

/// Saves the network, with the temperature that fits the validation set, and evaluates it on the test set.
fn save_and_test(
    args: &TrainArgs,
    device: &Device,
    outcome: &Outcome<LeNet>,
    digits: &Digits,
    [valid, test]: [DigitSet; 2],
    kept: &Kept,
    folder: &Path,
) -> anyhow::Result<Evaluation> {
    let net = outcome.model.valid();
    let net = kept.ema.iter().fold(net, |net, ema| ema.apply(net));
    let Normalised { mean, std, .. } = test.normalisation();
    let mut metadata = Metadata::new()
        .with_class_names(test.class_names())
        .with_normalisation(Normalisation::new(mean, std)?)
        .with_whole_images(digits.has_whole_images());
    metadata.temperature = calibration::fit(&net, &valid)?;
    let state = net.state_dict()?.with_metadata(metadata)?;
    weights::write_state_dict(&state, &folder.join(run_folder::WEIGHTS))?;
    let test = Loader::new(test, EVALUATION_BATCH)?;
    Ok(evaluate_classifier(&test, device, args.loss.loss, |images| net.forward(images))?)
}

fn announce(args: &TrainArgs, digits: &Digits, train: &DigitSet, valid: &DigitSet) -> anyhow::Result<()> {
    let parameters = HumanCount(summary_with_classes(train.classes()).parameters() as u64);
    print_line(format_args!("LeNet, {parameters} parameters, on {}", args.device.device))?;
    let classes = match (train.classes(), train.class_names()) {
        (10, []) => String::new(),
        (count, []) => format!(", {count} classes"),
        (count, [first, .., last]) => format!(", {count} classes from {first} to {last}"),
        (count, [name]) => format!(", {count} class, {name}"),
    };
    let (train, valid) = (HumanCount(train.len() as u64), HumanCount(valid.len() as u64));
    let data = &digits.description;
    print_line(format_args!("{data}: {train} images to train on, {valid} to validate on{classes}"))
}

fn end_record(outcome: &Outcome<LeNet>, test: Option<Evaluation>) -> Record {
    let seconds = outcome.training_time.as_secs_f64();
    Record::End {
        epochs: outcome.epochs,
        steps: outcome.steps,
        reason: outcome.end.to_string(),
        test_loss: test.map(|test| test.loss),
        test_accuracy: test.and_then(|test| test.accuracy),
        seconds,
        samples_per_second: outcome.samples as f64 / seconds,
    }
}

fn print_result(outcome: &Outcome<LeNet>, test: Evaluation, folder: &Path) -> anyhow::Result<()> {
    let seconds = outcome.training_time.as_secs_f64();
    let rate = HumanCount((outcome.samples as f64 / seconds) as u64);
    print_line(format_args!(
        "test accuracy {:.2} % on {} images not seen before (loss {:.4}), after {seconds:.1} s of training at {rate} images/s",
        100.0 * test.accuracy.unwrap_or(f64::NAN),
        HumanCount(test.samples),
        test.loss,
    ))?;
    let [weights, metrics, manifest] = [run_folder::WEIGHTS, run_folder::METRICS, run_folder::MANIFEST];
    print_line(format_args!("in {}: {weights}, {metrics}, {manifest}", folder.display()))
}

fn report_range_test(test: &RateRangeTest, folder: &Path) -> anyhow::Result<()> {
    let (steps, last) = (test.curve().count(), test.curve().last().map_or(0.0, |(rate, _)| rate));
    print_line(match test.steepest() {
        Some(rate) => format!("the loss falls fastest at --lr {}", two_digits(rate)),
        None => "the loss never falls".to_owned(),
    })?;
    let (folder, file, last) = (folder.display(), run_folder::RANGE_TEST, two_digits(last));
    print_line(format_args!("in {folder}: {file}, the loss of {steps} steps up to a learning rate of {last}"))
}

/// Formats a number with two significant digits.
fn two_digits(number: f64) -> String {
    let places = (1.0 - number.log10().floor()).clamp(0.0, 20.0) as usize;
    format!("{number:.places$}")
}
