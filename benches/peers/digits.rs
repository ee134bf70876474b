//! Lays out the digits of a comparison: MNIST where it is at hand, synthetic ones elsewhere, always as MNIST's
//! four files, uncompressed. Prints one line of JSON that says which.

use std::path::PathBuf;

use clap::Parser;
use lenet_bench::digits::{Digits, write_idx};
use lenet_data::mnist::{FILE_NAMES, Split};
use serde_json::json;

/// Writes MNIST, or synthetic digits where it is not at hand, as four uncompressed files.
#[derive(Parser)]
struct Args {
    /// Where to; the folder is made
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
