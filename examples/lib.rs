//! What several examples need and none of them is about.

use lenet_data::mnist::{MnistFiles, Source, Split, default_cache_dir};
use lenet_data::{DigitSet, Error, synthetic};

/// 60,000 digits of MNIST to train on, if `cargo run -p lenet-train` has fetched them before; else 10,000 synthetic
/// ones. What they are comes with them.
///
/// # Errors
/// If the files in the cache cannot be read.
pub fn digits() -> Result<(DigitSet, &'static str), Error> {
    let cached = default_cache_dir().map(|cache| MnistFiles::in_cache(&cache, &Source::mnist()));
    match cached {
        Some(Ok(files)) => Ok((files.load(Split::Train)?, "MNIST")),
        _ => Ok((synthetic::digits(42, 0..10_000)?, "synthetic digits")),
    }
}
