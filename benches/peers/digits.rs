//! Writes the digits of a comparison, MNIST if it is on this machine and otherwise synthetic digits, as
//! MNIST's four files, uncompressed. Prints one line of JSON that names the source.

use std::path::PathBuf;

use clap::Parser;
use lenet_bench::digits::{Digits, write_idx};
use lenet_data::mnist::{FILE_NAMES, Split};
use serde_json::json;

/// Writes MNIST, or synthetic digits if MNIST is not on this machine, as four uncompressed files.
#[derive(Parser)]
struct Args {
    /// Output folder; created if it does not exist
    folder: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Args { folder } = Args::parse();
    let digits = Digits::find()?;
    std::fs::create_dir_all(&folder)?;
    let [images, labels, test_images, test_labels] = FILE_NAMES.map(|name| folder.join(name));
    write_idx(&digits.load(Split::Train)?, &images, &labels)?;
    write_idx(&digits.load(Split::Test)?, &test_images, &test_labels)?;
    println!("{}", json!({ "digits": digits.description() }));
    Ok(())
}
