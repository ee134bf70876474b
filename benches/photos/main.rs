//! How well digits are read in photographs: adds strips, frames, lines, shadows and other disturbances to the
//! test digits of MNIST, with fixed seeds, and prints a table of the answers.
//!
//! `cargo run -p lenet-bench --bin photos -- --weights RUN/model.safetensors --mnist FOLDER`

mod kinds;
mod page;
mod rng;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use lenet_bench::digits::Digits;
use lenet_data::mnist::{MnistFiles, Split};
use lenet_data::{normalise, photo};
use lenet_model::Classifier;

use kinds::KINDS;
use rng::Rng;
use table::Row;

/// Measures the reading of photographs.
#[derive(Parser)]
struct Args {
    /// Weights of the network that reads the digits
    #[arg(long)]
    weights: PathBuf,
    /// Folder with the test set of MNIST [default: LENET_DATA_DIR, otherwise the cache of lenet-train]
    #[arg(long)]
    mnist: Option<PathBuf>,
    /// Number of pictures of each kind
    #[arg(long, default_value_t = 500)]
    pictures: usize,
    /// Draw digits of the training set, to develop on
    #[arg(long)]
    train: bool,
    /// Number of digits of the set to skip
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// Print the index and the answer of each picture that is not answered right
    #[arg(long)]
    list: bool,
    /// Only kinds whose names contain this
    #[arg(long, default_value = "")]
    kind: String,
    /// Writes the first three pictures of each kind to this folder
    #[arg(long)]
    save: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let files = args.mnist.as_deref().map(MnistFiles::in_folder).transpose()?;
    let digits = files.map_or_else(Digits::find, |files| Ok(Digits::Mnist(files)))?;
    let set = digits.load(if args.train { Split::Train } else { Split::Test })?;
    ensure!((set.height(), set.width()) == (28, 28), "expected digits of 28x28 pixels");
    let classifier = Classifier::load(&args.weights, &lenet_backend::open(&"flex".parse()?)?)?;

    println!("{} pictures of each kind, {}\n", args.pictures, digits.description());
    println!("| kind | right | refused | wrong | wrong at 90 % or more | ms per picture |");
    println!("|---|---|---|---|---|---|");
    for (number, (name, answer, make)) in KINDS.iter().enumerate() {
        if !name.contains(&args.kind) {
            continue;
        }
        let mut row = Row::default();
        for index in args.skip..args.skip + args.pictures {
            let [one, two] = [index, index + 1].map(|index| index % set.len());
            let bytes = make(&mut Rng::of(number, index), set.image(one), set.image(two))?;
            if let Some(folder) = args.save.as_ref().filter(|_| index < args.skip + 3) {
                let path = folder.join(format!("{number:02}-{index}.{}", kinds::extension(&bytes)));
                fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            }
            let before = row.right;
            let mut read = None;
            row.count(&bytes, (*answer, set.labels()[one]), |pixels| {
                let prediction = &classifier.classify(&normalise(pixels))?[0];
                read = Some(prediction.top(1)[0]);
                anyhow::Ok(prediction.top(1)[0])
            })?;
            if args.list && row.right == before {
                let refused = || {
                    photo::decode("picture".as_ref(), &bytes)
                        .map_or_else(|error| error.to_string(), |_| String::new())
                };
                let told =
                    read.map_or_else(refused, |(digit, share)| format!("{digit} at {:.1} %", 100.0 * share));
                println!("{one}, a {}: {told}", set.labels()[one]);
            }
        }
        println!("| {name} | {} |", row.cells());
    }
    Ok(())
}
