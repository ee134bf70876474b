//! `data`: draws a sheet of images as the network sees them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use lenet_data::dataset::Part;
use lenet_data::{DigitSet, SIDE, Samples, permutation, synthetic};

use super::data::{DataArgs, SYNTHETIC_TRAIN_SEED};
use super::parse;
use super::pictures::{self, Section};
use super::print::print_line;
use super::settings::augment::AugmentArgs;

#[derive(Args)]
pub(super) struct SheetArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    augment: AugmentArgs,
    /// Number of images in each part of the sheet, at most 1000
    #[arg(long, value_name = "N", default_value = "64", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    sample: usize,
    /// Seed of the choice of images and of their changes
    #[arg(long, default_value = "42", value_parser = parse::of_64_bits::<u64>, allow_negative_numbers = true)]
    seed: u64,
    /// The picture to write (PNG)
    #[arg(long, value_name = "FILE", value_parser = parse::png())]
    out: PathBuf,
}

pub(super) fn run(args: &SheetArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.sample <= 1000, "--sample {}: expected at most 1000 images", args.sample);
    let found = args.data.find(false)?;
    let digits = found.load(Part::Train)?;
    let chosen = by_label(permutation(args.seed, 0, digits.len()), args.sample, &digits);
    let drawn = synthetic::digits(SYNTHETIC_TRAIN_SEED, 0..args.sample as u64)?;
    let drawn = drawn.gather(&by_label((0..drawn.len()).collect(), args.sample, &drawn))?.images;

    let (height, width) = (digits.height(), digits.width());
    let stored = chosen.iter().map(|&index| digits.image(index).to_vec()).collect();
    let padded = digits.gather(&chosen)?.images;
    let (changes, augment) = args.augment.or_for_digits();
    let augmented = augment.wrap(digits, args.seed)?.gather_in(0, &chosen)?.images;
    let range =
        padded.iter().fold([f32::MAX, f32::MIN], |[low, high], &value| [low.min(value), high.max(value)]);
    let grey = |values: &[f32]| values.chunks_exact(SIDE * SIDE).map(|image| to_grey(image, range)).collect();
    let sections = [
        Section { images: stored, width },
        Section { images: grey(&padded), width: SIDE },
        Section { images: grey(&augmented), width: SIDE },
        Section { images: grey(&drawn), width: SIDE },
    ];
    pictures::sheet(&sections, &args.out)?;
    print_line(format_args!(
        "{}: {} training images of {}",
        args.out.display(),
        chosen.len(),
        found.description
    ))?;
    print_line(format_args!("  1  as they are stored, {height}x{width}"))?;
    print_line(format_args!("  2  padded to {SIDE}x{SIDE} and normalised, as the network reads them"))?;
    print_line(format_args!("  3  augmented, as in the first epoch with {changes}"))?;
    print_line(format_args!("  4  synthetic digits (--data synthetic)"))?;
    Ok(ExitCode::SUCCESS)
}

/// The first `count` of `order`, sorted by their labels.
fn by_label(mut order: Vec<usize>, count: usize, digits: &DigitSet) -> Vec<usize> {
    order.truncate(count);
    order.sort_by_key(|&index| digits.label(index));
    order
}

/// Maps `range` to 0..=255.
pub(super) fn to_grey(image: &[f32], [low, high]: [f32; 2]) -> Vec<u8> {
    // The conversion saturates. If all values are equal, it is one of NaN, which gives 0.
    image.iter().map(|value| (255.0 * (value - low) / (high - low) + 0.5) as u8).collect()
}
