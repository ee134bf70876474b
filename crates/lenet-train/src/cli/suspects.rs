//! `suspects`: training images whose labels may be wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use indicatif::HumanCount;
use lenet_data::DigitSet;
use lenet_data::dataset::Part;
use lenet_model::Classifier;
use lenet_train::Checkpoints;

use super::calibration;
use super::data::DataArgs;
use super::data_of_weights::{data_for, note_change};
use super::device::DeviceArgs;
use super::eval::{has_classes_of, names_of, normalised_for, predictions};
use super::image_list::{self, Listed};
use super::parse;
use super::print::print_line;
use super::run_folder::CHECKPOINTS;
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
    #[arg(long, value_name = "FILE", value_parser = parse::png())]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// A training image and how little the network believes its label.
struct Suspect {
    index: usize,
    /// −log of the probability of the label, a mean over the states of the run.
    loss: f64,
}

pub(super) fn run(mut args: SuspectsArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let weights = WeightsSource::named_or_default(args.weights.as_deref());
    let state = weights.read()?;
    let classifier = Classifier::with_state_dict(&state, &device);
    let (digits, trained_on) = data_for(&mut args.data, &weights)?;
    let train = digits.load(Part::Train)?;
    note_change(&digits, trained_on, || Some(train.sha256()));
    ensure!(!train.is_empty(), "{}: there are no training images", digits.description);
    has_classes_of(&classifier, &train, &weights, &digits.description)?;
    let train = normalised_for(&classifier, train);
    let logits = calibration::logits(&classifier, &train)?;
    let mut losses = losses(&logits, &train);
    let earlier = earlier(&weights, &classifier)?;
    for net in &earlier {
        let earlier = self::losses(&calibration::logits(net, &train)?, &train);
        losses.iter_mut().zip(earlier).for_each(|(loss, earlier)| *loss += earlier);
    }
    let networks = 1 + earlier.len();
    losses.iter_mut().for_each(|loss| *loss /= networks as f64);
    let suspects = largest(&losses, args.top);

    let temperature = state.metadata().temperature.unwrap_or(1.0);
    let predictions = predictions(&logits, state.classes(), temperature)?;
    let out = args.out.unwrap_or_else(|| {
        weights.file().and_then(Path::parent).map_or(SHEET.into(), |folder| folder.join(SHEET))
    });
    let (count, all) = (suspects.len(), HumanCount(train.len() as u64));
    print_line(format_args!("{weights} on {}", digits.description))?;
    print_line(format_args!(
        "the {count} of {all} training images with the largest loss{}; images count from 0",
        match networks {
            1 => String::new(),
            _ => format!(", a mean over {networks} states of the run"),
        }
    ))?;
    let listed = suspects.iter().map(|&Suspect { index, loss }| Listed {
        index,
        label: train.label(index),
        prediction: &predictions[index],
        loss,
        pixels: train.image(index),
    });
    let listed = listed.collect::<Vec<_>>();
    image_list::show(&listed, names_of(&classifier, &train), &digits, &out)?;
    Ok(ExitCode::SUCCESS)
}

/// The networks in the checkpoints of the run that the weights are of: an image that a network learnt by heart in the
/// end had a large loss before.
fn earlier(weights: &WeightsSource, last: &Classifier) -> anyhow::Result<Vec<Classifier>> {
    let Some(folder) = weights.file().and_then(Path::parent).map(|run| run.join(CHECKPOINTS)) else {
        return Ok(Vec::new());
    };
    let mut networks = Vec::new();
    let mut until = u64::MAX;
    while folder.is_dir()
        && let Some(checkpoint) = Checkpoints::latest_until(&folder, until)?.checkpoint
    {
        let net = Classifier::new(checkpoint.load_model(last.net().clone())?);
        networks.push(net.with_metadata(last.metadata().clone())?);
        let Some(before) = checkpoint.step().checked_sub(1) else { break };
        until = before;
    }
    Ok(networks)
}

/// The cross-entropy of each image, given the logits `[images, classes]`.
fn losses(logits: &[f32], digits: &DigitSet) -> Vec<f64> {
    let rows = logits.chunks_exact(digits.classes()).zip(digits.labels());
    rows.map(|(logits, label)| calibration::cross_entropy(logits, *label)).collect()
}

/// The `count` images with the largest loss.
fn largest(losses: &[f64], count: usize) -> Vec<Suspect> {
    let mut suspects: Vec<Suspect> =
        losses.iter().enumerate().map(|(index, &loss)| Suspect { index, loss }).collect();
    suspects.sort_by(|one, other| other.loss.total_cmp(&one.loss));
    suspects.truncate(count);
    suspects
}
