//! `eval`: loss, accuracy and confusion matrix of trained weights.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::HumanCount;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, Loader, Normalisation, Samples};
use lenet_model::{Classifier, LeNet, Prediction, weights};
use lenet_train::{Loss, evaluate_classifier};
use serde::Serialize;

use super::confusion::{Class, Confusion};
use super::data::{DataArgs, EVALUATION_BATCH, lossy};
use super::device::DeviceArgs;
use super::pictures::{self, Mistake};
use super::print::{print_line, print_text};
use super::run_folder::WEIGHTS;
use super::run_settings::{self, SETTINGS};

/// Number of mistakes on the contact sheet.
const WORST: usize = 50;

#[derive(Args)]
pub(super) struct EvalArgs {
    /// The weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), or the folder of a run
    weights: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// The loss to print beside the accuracy
    #[arg(long, value_enum, default_value = "cross-entropy")]
    loss: Loss,
    /// Draw confusion.png and mistakes.png, the worst ones first, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object: accuracy, loss, precision and recall of each class, and the confusion matrix
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(serialize_with = "lossy")]
    weights: &'a Path,
    data: &'a str,
    images: u64,
    accuracy: f64,
    loss: f64,
    classes: Vec<Class<'a>>,
    /// A row for each label, a column for each prediction.
    confusion: Confusion<'a>,
}

pub(super) fn run(mut args: EvalArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let path = if args.weights.is_dir() { args.weights.join(WEIGHTS) } else { args.weights.clone() };
    let state = weights::read_state_dict(&path)?;
    let net = LeNet::with_state_dict(&state, &device);
    let classifier = Classifier::new(net.clone()).with_metadata(state.metadata().clone())?;
    if let (false, Some(data)) = (args.data.is_given(), data_of_run(&path)?) {
        args.data.set(data);
    }
    let digits = args.data.find(false)?;
    let test = digits.load(Part::Test)?;
    has_classes_of(&classifier, &test, &path, &digits.description)?;
    let normalisation = classifier.normalisation();
    let test = test.with_normalisation(Normalisation::new(normalisation.mean, normalisation.std));
    let test = Loader::new(test, EVALUATION_BATCH)?;
    let result = evaluate_classifier(&test, &device, args.loss, |images| net.forward(images))?;
    let test = test.samples();
    let predictions = predictions(&classifier, test)?;
    let read = predictions.iter().map(Prediction::class);
    let labelled = test.labels().iter().copied().zip(read);
    let confusion = Confusion::of(test.classes(), names_of(&classifier, test), labelled);
    if let Some(folder) = &args.out {
        draw(folder, &confusion, &mistakes(test, &predictions))?;
    }
    let (loss, accuracy, images) = (result.loss, result.accuracy.unwrap_or(f64::NAN), result.samples);
    if args.json {
        let (weights, data, classes) = (path.as_path(), &*digits.description, confusion.classes());
        let report = Report { weights, data, images, accuracy, loss, classes, confusion };
        print_line(serde_json::to_string(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("{} on {}", path.display(), digits.description))?;
    let (percent, images) = (100.0 * accuracy, HumanCount(images));
    print_line(format_args!("test accuracy {percent:.2} % on {images} images (loss {loss:.4})"))?;
    print_text(format_args!("\n{confusion}"))?;
    if let Some(folder) = &args.out {
        print_text("")?;
        print_line(format_args!("in {}: confusion.png, mistakes.png", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks that weights and data are about the same classes.
fn has_classes_of(
    classifier: &Classifier,
    test: &DigitSet,
    path: &Path,
    description: &str,
) -> anyhow::Result<()> {
    let (trained, tested) = (classifier.classes(), test.classes());
    ensure!(
        trained == tested,
        "{}: weights of {trained} classes, and {description} has {tested}: name other data with --data",
        path.display()
    );
    let (theirs, ours) = (test.class_names(), &classifier.metadata().class_names);
    let differs = |(one, other): &(&String, &String)| one != other;
    if let Some((ours, theirs)) = ours.iter().zip(theirs).find(differs) {
        anyhow::bail!(
            "{}: weights with a class {ours}, which is {theirs} in {description}: name other data with --data",
            path.display()
        );
    }
    Ok(())
}

/// Names of the classes, from the weights or else from the data; empty if neither has any.
fn names_of<'a>(classifier: &'a Classifier, test: &'a DigitSet) -> &'a [String] {
    let names = &classifier.metadata().class_names;
    if names.is_empty() { test.class_names() } else { names }
}

/// The value of `--data` of the run that the weights are in; `None` if they are in the folder of no run.
fn data_of_run(weights: &Path) -> anyhow::Result<Option<PathBuf>> {
    let file = weights.with_file_name(SETTINGS);
    if weights.file_name() != Some(WEIGHTS.as_ref()) || !file.exists() {
        return Ok(None);
    }
    let settings: toml::Table = run_settings::read_sealed(&file)
        .and_then(|text| Ok(text.parse()?))
        .context("the data of this run are not known: name them with --data")?;
    Ok(settings.get("data").and_then(toml::Value::as_str).map(PathBuf::from))
}

/// One prediction for each digit, in their order.
fn predictions(classifier: &Classifier, digits: &DigitSet) -> anyhow::Result<Vec<Prediction>> {
    let mut predictions = Vec::with_capacity(digits.len());
    let all: Vec<usize> = (0..digits.len()).collect();
    for batch in all.chunks(EVALUATION_BATCH) {
        predictions.extend(classifier.classify(&digits.gather(batch)?.images)?);
    }
    Ok(predictions)
}

/// The worst mistakes, the most confident one first.
fn mistakes<'a>(digits: &'a DigitSet, predictions: &[Prediction]) -> Vec<Mistake<'a>> {
    let labelled = digits.labels().iter().copied().zip(predictions).enumerate();
    let mut wrong: Vec<(usize, u8, u8, f32)> = labelled
        .filter(|(_, (label, prediction))| prediction.class() != *label)
        .map(|(index, (label, prediction))| {
            let read = prediction.class();
            let [sure, right] = [read, label].map(|digit| prediction.probabilities[usize::from(digit)]);
            (index, label, read, sure - right)
        })
        .collect();
    wrong.sort_by(|(.., one), (.., other)| other.total_cmp(one));
    wrong.truncate(WORST);
    let mistake = |(index, label, read, _)| Mistake { label, read, pixels: digits.image(index) };
    wrong.into_iter().map(mistake).collect()
}

fn draw(folder: &Path, confusion: &Confusion, mistakes: &[Mistake]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    pictures::confusion(confusion, &folder.join("confusion.png"))?;
    pictures::contact_sheet(mistakes, &folder.join("mistakes.png"))
}
