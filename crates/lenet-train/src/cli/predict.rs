//! `predict`: reads the digits in image files.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use lenet_data::{SIDE, photo};
use lenet_model::{Classifier, Prediction};
use serde::Serialize;

use super::calibration::{UNSURE_BELOW, probability};
use super::data::lossy;
use super::device::DeviceArgs;
use super::parse;
use super::print::{print_error, print_line};
use super::quiet;
use super::weights_source::WeightsSource;

/// Number of images classified together.
const BATCH: usize = 256;
/// Number of candidates printed for each image.
const TOP: usize = 3;
/// Limit of the bytes read from standard input.
const MOST_BYTES: u64 = 256 << 20;
/// Exit code if some of the images could not be read.
const SOME_UNREAD: u8 = 3;

#[derive(Args)]
#[command(
    after_help = "Exit codes: 0, all images were read; 3, some could not be, each reported in a line on standard \
    error; 1, nothing could be done, for example because the weights cannot be read; 2, a wrong argument."
)]
pub(super) struct PredictArgs {
    /// Images (PNG, JPEG, BMP, PGM) of one digit each, or of a class of your own, dark on light or light on
    /// dark, of any size; folders of them; `-` for standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// The weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), the folder of a run, or
    /// `pretrained`, the trained weights in the program [default: the run under runs/ that ended last; without one,
    /// `pretrained`]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Call an answer unsure if its probability is below P, from 0 to 1; `eval` prints what that rejects
    #[arg(long, value_name = "P", default_value_t = UNSURE_BELOW, value_parser = parse::up_to_one, allow_negative_numbers = true)]
    unsure_below: f64,
    /// Print a JSON object a line: file, digit (or class), whether the answer is unsure, and the three most probable
    /// ones with their probabilities
    #[arg(long)]
    json: bool,
    /// Scale each image as a whole to 32x32 instead of finding the digit in it [default: as the training images
    /// were, as far as the weights know it]
    #[arg(long)]
    whole: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

pub(super) fn run(args: &PredictArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let weights = WeightsSource::named_or_default(args.weights.as_deref());
    let classifier = Classifier::with_state_dict(&weights.read()?, &device);
    let whole = args.whole || classifier.metadata().whole_images;
    quiet::install();
    let (files, failed) = files(&args.images);
    failed.iter().for_each(print_error);
    let mut unread = failed.len();
    for names in files.chunks(BATCH) {
        // Finding the digit in a photograph takes a thousand times as long as classifying it.
        let read = lenet_threads::map(names.len(), |index| read(&names[index], whole));
        let mut images = Vec::new();
        for (name, read) in names.iter().zip(read) {
            match read {
                Ok(pixels) => images.push((name, pixels)),
                Err(error) => {
                    print_error(&error);
                    unread += 1;
                }
            }
        }
        let pixels: Vec<u8> = images.iter().flat_map(|(_, pixels)| *pixels).collect();
        for ((name, _), prediction) in images.iter().zip(classifier.classify_pixels(&pixels)?) {
            print_prediction(name, &prediction, &classifier.metadata().class_names, args)?;
        }
    }
    Ok(if unread == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_UNREAD) })
}

/// The named files, and the files in the named folders, sorted by name, hidden ones excluded; and an error
/// for each folder without any. A link in a folder that leads nowhere is a file that cannot be read.
fn files(named: &[PathBuf]) -> (Vec<PathBuf>, Vec<anyhow::Error>) {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for path in named {
        match if path.is_dir() { files_in(path) } else { Ok(vec![path.clone()]) } {
            Ok(found) => files.extend(found),
            Err(error) => failed.push(error),
        }
    }
    (files, failed)
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| (path.is_file() || !path.exists()) && !is_hidden(path));
    ensure!(!files.is_empty(), "{}: a folder without files", folder.display());
    files.sort();
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn read(path: &Path, whole: bool) -> anyhow::Result<[u8; SIDE * SIDE]> {
    if path != Path::new("-") {
        let read = if whole { photo::read_whole } else { photo::read };
        return Ok(quiet::while_quiet(|| read(path))?);
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes).context("standard input")?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "standard input: more than 256 MB");
    let decode = if whole { photo::decode_whole } else { photo::decode };
    Ok(quiet::while_quiet(|| decode(Path::new("standard input"), &bytes))?)
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(serialize_with = "lossy")]
    file: &'a Path,
    #[serde(flatten)]
    answer: Answer<'a>,
    unsure: bool,
    top: Vec<Candidate<'a>>,
}

#[derive(Serialize)]
struct Candidate<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    probability: f32,
}

/// A class: a name if the classes have names, else a digit.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer<'a> {
    Digit(u8),
    Class(&'a str),
}

fn print_prediction(
    file: &Path,
    prediction: &Prediction,
    names: &[String],
    args: &PredictArgs,
) -> anyhow::Result<()> {
    let answer =
        |class: u8| names.get(usize::from(class)).map_or(Answer::Digit(class), |name| Answer::Class(name));
    let (top, unsure) = (prediction.top(TOP), probability(prediction) < args.unsure_below);
    if args.json {
        let candidate = |(class, probability)| Candidate { answer: answer(class), probability };
        let top = top.into_iter().map(candidate).collect();
        print_line(serde_json::to_string(&Line { file, answer: answer(prediction.class()), unsure, top })?)
    } else {
        let percent = |&(class, probability): &(u8, f32)| match answer(class) {
            Answer::Digit(digit) => format!("{digit} ({:.1} %)", 100.0 * probability),
            Answer::Class(name) => format!("{name} ({:.1} %)", 100.0 * probability),
        };
        let candidates: Vec<String> = top.iter().map(percent).collect();
        let unsure = if unsure { ": unsure" } else { "" };
        print_line(format_args!("{}: {}{unsure}", file.display(), candidates.join(", ")))
    }
}
