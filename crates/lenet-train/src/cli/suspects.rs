//! `suspects`: training images whose labels may be wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use indicatif::HumanCount;
use lenet_data::DigitSet;
use lenet_data::dataset::Part;
use lenet_model::Classifier;

use super::calibration;
use super::data::DataArgs;
use super::device::DeviceArgs;
use super::eval::{has_classes_of, names_of, normalised_for, predictions, use_data_of_run};
use super::image_list::{self, Listed};
use super::parse;
use super::print::print_line;
use super::weights_source::WeightsSource;

/// File name of the sheet.
const SHEET: &str = "suspects.png";

#[derive(Args)]
pub(super) struct SuspectsArgs {
    /// The weights, the folder of a run, or `pretrained` [default: the run under runs/ that ended last; without one,
    /// `pretrained`]
    weights: Option<PathBuf>,
    /// Number of images to list
    #[arg(long, value_name = "N", default_value = "40", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    top: usize,
    /// The picture of the images to write (PNG) [default: suspects.png beside the weights]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// A training image and how little the network believes its label.
struct Suspect {
    index: usize,
    /// −log of the probability of the label.
    loss: f64,
}

pub(super) fn run(mut args: SuspectsArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let weights = WeightsSource::named_or_default(args.weights.as_deref());
    let state = weights.read()?;
    let classifier = Classifier::with_state_dict(&state, &device);
    use_data_of_run(&mut args.data, &weights)?;
    let digits = args.data.find(false)?;
    let train = digits.load(Part::Train)?;
    ensure!(!train.is_empty(), "{}: there are no training images", digits.description);
    has_classes_of(&classifier, &train, &weights, &digits.description)?;
    let train = normalised_for(&classifier, train);
    let logits = calibration::logits(&classifier, &train)?;
    let suspects = largest(&logits, &train, args.top);

    let temperature = state.metadata().temperature.unwrap_or(1.0);
    let predictions = predictions(&logits, state.classes(), temperature)?;
    let out = args.out.unwrap_or_else(|| {
        weights.file().and_then(Path::parent).map_or(SHEET.into(), |folder| folder.join(SHEET))
    });
    let (count, all) = (suspects.len(), HumanCount(train.len() as u64));
    print_line(format_args!("{weights} on {}", digits.description))?;
    print_line(format_args!(
        "the {count} of {all} training images with the largest loss; images count from 0"
    ))?;
    let listed = suspects.iter().map(|&Suspect { index, loss }| Listed {
        index,
        label: train.label(index),
        prediction: &predictions[index],
        loss,
        pixels: train.image(index),
    });
    image_list::show(&listed.collect::<Vec<_>>(), names_of(&classifier, &train), &out)?;
    Ok(ExitCode::SUCCESS)
}

/// The `count` images with the largest cross-entropy, given the logits `[images, classes]`.
fn largest(logits: &[f32], digits: &DigitSet, count: usize) -> Vec<Suspect> {
    let rows = logits.chunks_exact(digits.classes()).zip(digits.labels());
    let losses = rows.map(|(logits, label)| calibration::cross_entropy(logits, *label));
    let mut suspects: Vec<Suspect> =
        losses.enumerate().map(|(index, loss)| Suspect { index, loss }).collect();
    suspects.sort_by(|one, other| other.loss.total_cmp(&one.loss));
    suspects.truncate(count);
    suspects
}
