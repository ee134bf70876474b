//! `predict`: reads the digits in image files.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Args;
use lenet_data::photo;
use lenet_model::calibration::UNSURE_BELOW;

use super::answers::{self, Format, Found};
use super::device::DeviceArgs;
use super::parse;
use super::print::{print_error, print_note};
use super::quiet;
use super::weights_source::WeightsSource;

/// Number of images classified together.
const BATCH: usize = 256;
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
    /// The weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), the folder of a run or of an ensemble, or
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
    /// Read the digits of a row in each image, such as a post code, from left to right. Digits that touch are read
    /// as one
    #[arg(long, conflicts_with = "whole")]
    several: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

impl PredictArgs {
    fn format(&self) -> Format {
        Format { json: self.json, several: self.several, unsure_below: self.unsure_below }
    }
}

pub(super) fn run(args: &PredictArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let weights = WeightsSource::named_or_default(args.weights.as_deref());
    let classifier = weights.classifier(&device)?;
    let whole = args.whole || classifier.metadata().whole_images;
    ensure!(!(args.several && whole), "--several finds digits, but {weights} read images as a whole");
    if let (None, Some(file)) = (&args.weights, weights.file()) {
        print_note(format_args!("using {}, the run that ended last", file.display()));
    }
    quiet::install();
    let (files, failed) = files(&args.images);
    failed.iter().for_each(print_error);
    let mut unread = failed.len();
    for names in files.chunks(BATCH) {
        // Finding the digit in a photograph takes a thousand times as long as classifying it.
        let find = |index: usize| find(&names[index], args.several, whole);
        let mut images = Vec::new();
        for (name, found) in names.iter().zip(lenet_threads::map(names.len(), find)) {
            match found {
                Ok(found) => images.push((name, found)),
                Err(error) => {
                    print_error(&error);
                    unread += 1;
                }
            }
        }
        let pixels: Vec<u8> = images.iter().flat_map(|(_, found)| found).flat_map(|one| one.pixels).collect();
        let mut predictions = classifier.classify_pixels(&pixels)?.into_iter();
        for (name, found) in &images {
            let answers = found.iter().zip(&mut predictions).collect::<Vec<_>>();
            answers::print(name, &answers, &classifier.metadata().class_names, args.format())?;
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

/// The digit of an image, the digits of a row, or the image as a whole.
fn find(path: &Path, several: bool, whole: bool) -> anyhow::Result<Vec<Found>> {
    let at = |one: photo::Located| Found {
        pixels: one.pixels,
        at: Some([one.left, one.top, one.width, one.height]),
    };
    let found = |pixels| vec![Found { pixels, at: None }];
    if path != Path::new("-") {
        return Ok(quiet::while_quiet(|| match (several, whole) {
            (true, _) => photo::read_several(path).map(|digits| digits.into_iter().map(at).collect()),
            (_, true) => photo::read_whole(path).map(found),
            _ => photo::read(path).map(found),
        })?);
    }
    let mut bytes = Vec::new();
    std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes).context("standard input")?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "standard input: more than 256 MB");
    let name = Path::new("standard input");
    Ok(quiet::while_quiet(|| match (several, whole) {
        (true, _) => photo::decode_several(name, &bytes).map(|digits| digits.into_iter().map(at).collect()),
        (_, true) => photo::decode_whole(name, &bytes).map(found),
        _ => photo::decode(name, &bytes).map(found),
    })?)
}
