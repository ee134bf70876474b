//! `--data`: finding and loading the digits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use indicatif::HumanCount;
use lenet_data::dataset::{Dataset, Part};
use lenet_data::mnist::{MnistFiles, Source, Split, Timeouts, default_cache_dir};
use lenet_data::{DigitSet, SIDE, synthetic};
use serde::{Serialize, Serializer};

use super::download_bar::DownloadBar;
use super::file_url;
use super::print::{on_one_line, print_note};

/// Environment variable with the folder of the four files of MNIST, or of a set in its format.
const FOLDER_VARIABLE: &str = "LENET_DATA_DIR";

/// MNIST, or synthetic digits if it cannot be had.
pub(super) const AUTO: &str = "auto";

/// SHA-256 of MNIST's 60,000 training images, as [`DigitSet::sha256`] computes it.
const MNIST: &str = "22b8779b874bb3d96addc102dcf128ede51d0ed051b4b37519fc6fea12718bf0";

/// Seeds of the synthetic training and test digits: different ones, so that no digit is in both sets.
pub(super) const SYNTHETIC_TRAIN_SEED: u64 = 0;
const SYNTHETIC_TEST_SEED: u64 = 1;
/// Numbers of synthetic digits, as in MNIST.
const SYNTHETIC_TRAIN: u64 = 60_000;
const SYNTHETIC_TEST: u64 = 10_000;

/// Batch size of evaluation.
pub(super) const EVALUATION_BATCH: usize = 250;

/// The digits to use.
#[derive(Args, Clone, Debug, Serialize)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// The digits: `auto` is MNIST, or synthetic digits if MNIST is not available; `mnist`; `synthetic`; or a
    /// folder with your own images: the four files of MNIST or of a set in its format (Fashion-MNIST, KMNIST,
    /// EMNIST; .gz or not), CSV files with the label first, or a folder of images for each class. A folder with
    /// one of these names is ./auto, ./mnist or ./synthetic [default: auto; for `eval RUN`, the data of the run]
    #[arg(long, value_name = "auto|mnist|synthetic|DIR", value_parser = OsStringValueParser::new().map(file_url::from_text))]
    #[serde(serialize_with = "text_or_auto")]
    data: Option<PathBuf>,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
}

/// A set of digits that was found.
pub(super) struct Digits {
    /// `mnist`, `synthetic` or `folder`.
    pub(super) name: &'static str,
    /// Description for a person: kind and origin.
    pub(super) description: String,
    /// The value of `--data` that finds the same digits again, in any working folder: `auto` may find others
    /// tomorrow, and a relative path may lead elsewhere.
    pub(super) setting: PathBuf,
    origin: Origin,
}

/// Where the images come from.
enum Origin {
    Mnist(MnistFiles),
    /// With so many training digits.
    Synthetic {
        train: u64,
    },
    Folder(Dataset),
}

impl DataArgs {
    /// Whether `--data` was given.
    pub(super) fn is_given(&self) -> bool {
        self.data.is_some()
    }

    /// The value of `--data`, as a text; `auto` without one.
    pub(super) fn text(&self) -> String {
        file_url::to_text(self.data.as_deref().unwrap_or(Path::new(AUTO)))
    }

    /// Sets the value of `--data`.
    pub(super) fn set(&mut self, data: PathBuf) {
        self.data = Some(data);
    }

    /// Finds the digits, and fetches them if necessary and allowed. Prints notes on standard error.
    pub(super) fn find(&self, quiet: bool) -> anyhow::Result<Digits> {
        let data = self.data.as_deref().unwrap_or(Path::new(AUTO));
        match data.to_str().unwrap_or_default() {
            "synthetic" => Ok(synthetic_digits()),
            "mnist" => self.mnist(quiet),
            // A folder that was named must not be replaced by synthetic digits.
            AUTO if folder_of_environment().is_some() => self.mnist(quiet),
            AUTO => Ok(self.mnist(quiet).unwrap_or_else(|error| {
                let reason = in_short(&error);
                print_note(format_args!("MNIST cannot be had ({reason}): using synthetic digits instead"));
                synthetic_digits()
            })),
            _ => in_folder(data),
        }
    }

    fn mnist(&self, quiet: bool) -> anyhow::Result<Digits> {
        if let Some(folder) = folder_of_environment() {
            return in_folder(Path::new(&folder)).with_context(|| format!("{FOLDER_VARIABLE} is set"));
        }
        let cache = default_cache_dir().context("this system has no folder for caches: use --data DIR")?;
        let files = if self.offline {
            MnistFiles::in_cache(&cache, &Source::mnist()).context("--offline was given")?
        } else {
            let mut bar = DownloadBar::new(quiet);
            MnistFiles::fetch(&cache, &Source::mnist(), Timeouts::default(), &mut |event| bar.show(event))?
        };
        let description = format!("MNIST, from the cache {}", cache.display());
        Ok(Digits { name: "mnist", description, setting: "mnist".into(), origin: Origin::Mnist(files) })
    }
}

impl Digits {
    /// Sets the number of synthetic training digits, if one was given.
    pub(super) fn with_synthetic_count(self, count: Option<u64>) -> anyhow::Result<Self> {
        let Some(train) = count else { return Ok(self) };
        let description = &self.description;
        ensure!(
            matches!(self.origin, Origin::Synthetic { .. }),
            "--synthetic-count does nothing beside {description}: it is for --data synthetic"
        );
        Ok(Self { origin: Origin::Synthetic { train }, ..self })
    }

    /// Reads or draws one part. An empty test set is an error; most data have no part for validation.
    pub(super) fn load(&self, part: Part) -> anyhow::Result<DigitSet> {
        let digits = match (&self.origin, part) {
            (Origin::Folder(data), part) => data.load(part)?,
            (_, Part::Valid) => DigitSet::new(Vec::new(), Vec::new(), SIDE, SIDE)?,
            (Origin::Mnist(files), Part::Train) => files.load(Split::Train)?,
            (Origin::Mnist(files), Part::Test) => files.load(Split::Test)?,
            (Origin::Synthetic { train }, Part::Train) => synthetic::digits(SYNTHETIC_TRAIN_SEED, 0..*train)?,
            (Origin::Synthetic { .. }, Part::Test) => {
                synthetic::digits(SYNTHETIC_TEST_SEED, 0..SYNTHETIC_TEST)?
            }
        };
        let is_empty_test = part == Part::Test && digits.is_empty();
        ensure!(!is_empty_test, "{}: the test set has no images, expected at least 1", self.description);
        Ok(digits)
    }

    /// The file of each image of a part, in their order; `None` where an image has no file of its own.
    pub(super) fn files(&self, part: Part) -> Option<Vec<PathBuf>> {
        match &self.origin {
            Origin::Folder(data) => data.files(part),
            _ => None,
        }
    }

    /// A line about files that are in the folders of the classes and are not read.
    pub(super) fn passed_over(&self) -> Option<String> {
        let Origin::Folder(data) = &self.origin else { return None };
        let [first, rest @ ..] = data.passed_over() else { return None };
        let others = if rest.is_empty() {
            String::new()
        } else {
            format!(" and {} more", HumanCount(rest.len() as u64))
        };
        Some(format!("passing over {}{others}: images are PNG, JPEG, BMP and PNM files", first.display()))
    }

    /// Whether the images are in a folder that the user may change.
    pub(super) fn are_in_folder(&self) -> bool {
        matches!(self.origin, Origin::Folder(_))
    }

    /// Whether training images with this SHA-256 are MNIST's, or drawn like them: their normalisation is known.
    pub(super) fn is_mnist(&self, sha256: &str) -> bool {
        !self.are_in_folder() || sha256 == MNIST
    }

    /// Whether the images are not of digits or letters in MNIST's frame.
    pub(super) fn has_whole_images(&self) -> bool {
        matches!(&self.origin, Origin::Folder(data) if !data.has_mnists_frame())
    }
}

/// The error; that of a download with the host and the reason of the first mirror only.
fn in_short(error: &anyhow::Error) -> String {
    let Some(lenet_data::Error::Fetch { attempts, .. }) = error.downcast_ref() else {
        return on_one_line(error);
    };
    let Some(((url, reason), others)) = attempts.split_first() else { return on_one_line(error) };
    let host = url.split('/').nth(2).unwrap_or(url);
    let others = match others.len() {
        0 => String::new(),
        n => format!("; {n} other mirrors failed, too"),
    };
    format!("{host}: {}{others}", reason.trim_start_matches("io: "))
}

/// The folder that the environment names. An empty variable is one that is not set.
fn folder_of_environment() -> Option<OsString> {
    std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty())
}

fn synthetic_digits() -> Digits {
    let description = "synthetic digits, drawn by this program (not MNIST)".to_owned();
    Digits {
        name: "synthetic",
        description,
        setting: "synthetic".into(),
        origin: Origin::Synthetic { train: SYNTHETIC_TRAIN },
    }
}

fn in_folder(folder: &Path) -> anyhow::Result<Digits> {
    let origin = Origin::Folder(Dataset::find(folder)?);
    let setting = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    Ok(Digits { name: "folder", description: format!("the folder {}", folder.display()), setting, origin })
}

/// Serialises a path as text; bytes that are not UTF-8 become U+FFFD.
pub(super) fn lossy<S: Serializer>(path: impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.as_ref().to_string_lossy())
}

fn text_or_auto<S: Serializer>(data: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&file_url::to_text(data.as_deref().unwrap_or(Path::new(AUTO))))
}
