//! `eval`: loss, accuracy and confusion matrix of trained weights.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use indicatif::HumanCount;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, Loader, Normalisation};
use lenet_model::{Classifier, Error, Prediction};
use lenet_train::{Loss, evaluate_classifier};
use serde::Serialize;

use super::calibration::{self, Calibration};
use super::certificate::Certificate;
use super::confusion::{Class, Confusion};
use super::data::{DataArgs, EVALUATION_BATCH};
use super::data_of_weights::{data_for, note_change, sha256_of_training_images};
use super::device::DeviceArgs;
use super::pictures::{self, Mistake};
use super::print::{print_line, print_text};
use super::weights_source::WeightsSource;

/// Number of mistakes on the contact sheet.
const WORST: usize = 50;

#[derive(Args)]
pub(super) struct EvalArgs {
    /// The weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), the folder of a run or of an ensemble, or
    /// `pretrained`, the trained weights in the program [default: the run under runs/ that ended last; without one,
    /// `pretrained`]
    weights: Option<PathBuf>,
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
    /// Say for how many images no rounding error changes the answer, on any device, and list the others
    #[arg(long)]
    certify: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    weights: String,
    data: &'a str,
    images: u64,
    accuracy: f64,
    loss: f64,
    calibration: Calibration,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate>,
    classes: Vec<Class<'a>>,
    /// A row for each label, a column for each prediction.
    confusion: Confusion<'a>,
}

pub(super) fn run(mut args: EvalArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let weights = WeightsSource::named_or_default(args.weights.as_deref());
    let classifier = weights.classifier(&device)?;
    let certified = if args.certify { Some(weights.read()?) } else { None };
    let (digits, trained_on) = data_for(&mut args.data, &weights)?;
    note_change(&digits, trained_on, || sha256_of_training_images(&digits));
    let test = digits.load(Part::Test)?;
    has_classes_of(&classifier, &test, &weights, &digits.description)?;
    let test = Loader::new(normalised_for(&classifier, test), EVALUATION_BATCH)?;
    let result = evaluate_classifier(&test, &device, args.loss, |images| classifier.forward(images))?;
    let test = test.samples();
    let temperature = classifier.metadata().temperature;
    let logits = calibration::logits(&classifier, test)?;
    let predictions = |temperature| predictions(&logits, classifier.classes(), temperature);
    let (before, predictions) = (predictions(1.0)?, predictions(temperature.unwrap_or(1.0))?);
    let calibration = Calibration::of(temperature, &before, &predictions, test.labels());
    let certificate = certified.map(|state| Certificate::of(&state, test, &predictions)).transpose()?;
    let read = predictions.iter().map(Prediction::class);
    let labelled = test.labels().iter().copied().zip(read);
    let confusion = Confusion::of(test.classes(), names_of(&classifier, test), labelled);
    if let Some(folder) = &args.out {
        draw(folder, &confusion, &mistakes(test, &predictions))?;
    }
    let (loss, accuracy, images) = (result.loss, result.accuracy.unwrap_or(f64::NAN), result.samples);
    if args.json {
        let (weights, data, classes) = (weights.name(), &*digits.description, confusion.classes());
        let report =
            Report { weights, data, images, accuracy, loss, calibration, certificate, classes, confusion };
        print_line(serde_json::to_string(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("{weights} on {}", digits.description))?;
    let (percent, images) = (100.0 * accuracy, HumanCount(images));
    print_line(format_args!("test accuracy {percent:.2} % on {images} images (loss {loss:.4})"))?;
    print_text(format_args!("\n{confusion}\n\n{calibration}"))?;
    certificate.iter().try_for_each(|certificate| print_text(format_args!("\n{certificate}")))?;
    if let Some(folder) = &args.out {
        print_text("")?;
        print_line(format_args!("in {}: confusion.png, mistakes.png", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks that weights and data are about the same classes.
pub(super) fn has_classes_of(
    classifier: &Classifier,
    test: &DigitSet,
    weights: &WeightsSource,
    description: &str,
) -> anyhow::Result<()> {
    let (trained, tested) = (classifier.classes(), test.classes());
    ensure!(
        trained == tested,
        "{weights}: weights of {trained} classes, and {description} has {tested}: name other data with --data"
    );
    let (theirs, ours) = (test.class_names(), &classifier.metadata().class_names);
    let differs = |(one, other): &(&String, &String)| one != other;
    if let Some((ours, theirs)) = ours.iter().zip(theirs).find(differs) {
        anyhow::bail!(
            "{weights}: weights with a class {ours}, which is {theirs} in {description}: name other data with --data"
        );
    }
    Ok(())
}

/// Names of the classes, from the weights or else from the data; empty if neither has any.
pub(super) fn names_of<'a>(classifier: &'a Classifier, test: &'a DigitSet) -> &'a [String] {
    let names = &classifier.metadata().class_names;
    if names.is_empty() { test.class_names() } else { names }
}

/// The images of `set`, normalised as the network expects them.
pub(super) fn normalised_for(classifier: &Classifier, set: DigitSet) -> DigitSet {
    let normalisation = classifier.normalisation();
    set.with_normalisation(Normalisation::new(normalisation.mean, normalisation.std))
}

/// One prediction for each row of `logits`, `[digits, classes]`.
pub(super) fn predictions(
    logits: &[f32],
    classes: usize,
    temperature: f64,
) -> Result<Vec<Prediction>, Error> {
    let predictions = logits.chunks_exact(classes).enumerate().map(|(image, logits)| {
        Prediction::at_temperature(logits, temperature).ok_or(Error::NotFinite { image })
    });
    predictions.collect()
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
    pictures::contact_sheet(mistakes, confusion.names, &folder.join("mistakes.png"))
}
