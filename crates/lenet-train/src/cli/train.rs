//! `train`: from flags to a trained network.

use std::path::Path;
use std::process::ExitCode;

use anyhow::ensure;
use burn::module::Module;
use indicatif::HumanCount;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, Loader};
use lenet_model::{LeNet, Metadata, summary_with_classes, weights};
use lenet_report::run::Record;
use lenet_train::hooks::{Ema, MaxTime};
use lenet_train::{End, Evaluation, Outcome, evaluate_classifier};

use super::calibration;
use super::curves;
use super::data::{Digits, EVALUATION_BATCH};
use super::init::Init;
use super::interrupt::REASON;
use super::pause::PauseAfter;
use super::prepared::Prepared;
use super::print::{print_line, print_note};
use super::report;
use super::resume;
use super::run_folder::{self, RunFolder};
use super::run_settings;
use super::settings::TrainArgs;
use super::sweep::repeat;
use super::teacher::Teacher;
use super::training::{Kept, Training};

pub(super) fn run(args: TrainArgs) -> anyhow::Result<ExitCode> {
    args.check()?;
    if let Some(count) = args.repeat {
        return repeat::run(&args, count);
    }
    if let Some(out) = &args.out {
        run_folder::has_no_run(out)?;
    }
    let prepared = Prepared::new(args)?;
    let Prepared { args, digits, train, valid, sha256, init, teacher, .. } = &prepared;
    let test = digits.load(Part::Test)?; // An error of the test set shows before the training.
    let test = test.with_normalisation(train.normalisation());
    let manifest = args.manifest(digits, train, valid, sha256, init.as_ref(), teacher.as_ref());
    let plan = args.plan(train.len());

    let (folder, checkpoint) = match &args.resume {
        Some(path) => {
            let folder = RunFolder::open(path)?;
            Init::check(init.as_ref(), &folder)?;
            Teacher::check(teacher.as_ref(), folder.path())?;
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
    if !args.outputs.quiet {
        announce(args, digits, train, valid)?;
        if let Some(late) = args.fine_tuning.frozen_too_late(plan.steps) {
            print_note(format_args!(
                "--freeze {late} freezes nothing: the training has {} steps",
                plan.steps
            ));
        }
        init.iter().try_for_each(|init| print_line(init.describe(train)))?;
        teacher.iter().try_for_each(|teacher| print_line(teacher.describe()))?;
    }
    if args.resume.is_some() && checkpoint.is_none() {
        resume::clear_logs(folder.path())?;
    }

    let (start, metadata) = (prepared.start(checkpoint.is_some())?, prepared.metadata()?);
    // The training images move to the training: a copy would take as long as many steps.
    let Prepared { args, device, train, valid, sha256, init, teacher, .. } = prepared;
    let (args, device) = (&args, &device);
    let mut kept = Kept::new(args, folder.path())?;
    let training = Training {
        args,
        device,
        folder: folder.path(),
        sha256,
        start,
        init_sha256: init.map(|init| init.sha256),
        teacher: teacher.as_ref(),
        checkpoint,
        stop_after: None,
    };
    let outcome = training.fit(train, valid.clone(), &mut kept);
    if let (Some(trace), Some(file)) = (&kept.trace, &args.outputs.trace) {
        trace.write(file)?;
    }
    let outcome = outcome?;
    let is_paused = outcome.end == End::Hook(PauseAfter::REASON.into());
    let test = match kept.range_test {
        Some(_) => None,
        None => {
            let net = save(&outcome, kept.ema.as_ref(), metadata, &valid, folder.path())?;
            let test = Loader::new(test, EVALUATION_BATCH)?;
            let evaluate =
                || evaluate_classifier(&test, device, args.loss.loss, |images| net.forward(images));
            (!is_paused).then(evaluate).transpose()?
        }
    };
    kept.metrics.write(&end_record(&outcome, test))?;
    ensure!(
        test.is_none_or(|test| !test.loss.is_nan()),
        "the network in {} has no accuracy: its outputs are NaN; lower the learning rate with --lr, or end at the \
         first NaN with --nan-guard 1",
        folder.path().display()
    );
    let reported = report_result(args, &outcome, test, &kept, folder.path());
    if args.reproducible && test.is_some() {
        let weights = folder.path().join(run_folder::WEIGHTS);
        let sha256 = run_settings::sha256(&lenet_files::read(&weights, weights::LARGEST_FILE)?);
        print_line(format_args!("SHA-256 of {}: {sha256}", run_folder::WEIGHTS))?;
    }
    if args.outputs.report && test.is_some() {
        report::of_training(folder.path(), &args.data, device)?;
    }
    let is_interrupted = outcome.end == End::Hook(REASON.into());
    let cut = if is_paused {
        Some("paused")
    } else if outcome.end == End::Hook(MaxTime::REASON.into()) {
        Some("time is up")
    } else {
        (is_interrupted && kept.range_test.is_none()).then_some("interrupted")
    };
    if let Some(cut) = cut {
        let (done, planned, folder) = (outcome.steps, plan.steps, folder.path().display());
        print_note(format_args!("{cut} after {done} of {planned} steps: --resume {folder} goes on"));
    }
    if is_interrupted {
        return Ok(kept.interrupt.exit_code()); // After a hang-up, the terminal may be gone.
    }
    reported.map(|()| ExitCode::SUCCESS)
}

/// Saves the trained network, or its moving average `ema`, in `folder`, with the temperature that fits the validation
/// set, and returns it.
pub(super) fn save(
    outcome: &Outcome<LeNet>,
    ema: Option<&Ema>,
    mut metadata: Metadata,
    valid: &DigitSet,
    folder: &Path,
) -> anyhow::Result<LeNet> {
    let net = outcome.model.valid();
    let net = ema.into_iter().fold(net, |net, ema| ema.apply(net));
    metadata.temperature = calibration::fit(&net, valid)?;
    let state = net.state_dict()?.with_metadata(metadata)?;
    weights::write_state_dict(&state, &folder.join(run_folder::WEIGHTS))?;
    Ok(net)
}

/// Prints the result, and shows the curves of the training.
fn report_result(
    args: &TrainArgs,
    outcome: &Outcome<LeNet>,
    test: Option<Evaluation>,
    kept: &Kept,
    folder: &Path,
) -> anyhow::Result<()> {
    match (&kept.range_test, &kept.one_batch, test) {
        (Some(range_test), ..) => curves::report_range_test(range_test, folder),
        (None, Some(curve), Some(test)) => {
            print_result(outcome, test, folder)?;
            curves::report_one_batch(curve, folder)
        }
        (None, None, Some(test)) => {
            if !args.outputs.quiet {
                curves::show_training(folder)?;
            }
            print_result(outcome, test, folder)
        }
        (None, _, None) => Ok(()),
    }
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
    print_line(data)?;
    print_line(format_args!("{train} images to train on, {valid} to validate on{classes}"))
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
        "test accuracy {:.2} % on {} images not seen before, loss {:.4}",
        100.0 * test.accuracy.unwrap_or(f64::NAN),
        HumanCount(test.samples),
        test.loss,
    ))?;
    print_line(format_args!("after {seconds:.1} s of training at {rate} images/s"))?;
    let [weights, metrics] = [run_folder::WEIGHTS, run_folder::METRICS];
    print_line(format_args!("in {}: {weights}, {metrics}", folder.display()))
}
