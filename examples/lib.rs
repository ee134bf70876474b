//! The data set of the examples, and the test of the README's code.

use lenet_data::mnist::{MnistFiles, Source, Split, default_cache_dir};
use lenet_data::{DigitSet, Error, synthetic};

/// Loads the 60,000 training digits of MNIST from the folder that `LENET_DATA_DIR` names, or from the cache if
/// `cargo run -p lenet-train` has fetched them before, else draws 10,000 synthetic ones. Returns the set and its name.
///
/// # Errors
/// If the folder has no such files, or if files cannot be read.
pub fn digits() -> Result<(DigitSet, &'static str), Error> {
    if let Some(folder) = std::env::var_os("LENET_DATA_DIR").filter(|folder| !folder.is_empty()) {
        return Ok((MnistFiles::in_folder(folder.as_ref())?.load(Split::Train)?, "LENET_DATA_DIR"));
    }
    let cached = default_cache_dir().map(|cache| MnistFiles::in_cache(&cache, &Source::mnist()));
    match cached {
        Some(Ok(files)) => Ok((files.load(Split::Train)?, "MNIST")),
        _ => Ok((synthetic::digits(42, 0..10_000)?, "synthetic digits")),
    }
}

/// Compiles and runs the code in the README and in `docs/`. It is here because this package is not published:
/// a published one cannot include files from outside its folder.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/backends.md")]
    struct Backends;
    #[doc = include_str!("../docs/fine-tuning.md")]
    struct FineTuning;
    #[doc = include_str!("../docs/hooks.md")]
    struct Hooks;
    #[doc = include_str!("../docs/photos.md")]
    struct Photos;
    #[doc = include_str!("../docs/weights.md")]
    struct Weights;
}
