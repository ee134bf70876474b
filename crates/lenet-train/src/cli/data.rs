//! `--data`: which digits, and how they get here.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};
use lenet_data::mnist::{FetchEvent, MnistFiles, Source, Split, Timeouts, default_cache_dir};
use lenet_data::{DigitSet, synthetic};

use serde::Serialize;

use super::explain;

/// Names a folder with the four files of MNIST, or of a set like it.
const FOLDER_VARIABLE: &str = "LENET_DATA_DIR";

/// The synthetic set: one seed, and other numbers for the digits to test on than for those to train on.
const SYNTHETIC_SEED: u64 = 0;
const SYNTHETIC_TRAIN: std::ops::Range<u64> = 0..60_000;
const SYNTHETIC_TEST: std::ops::Range<u64> = 60_000..70_000;

/// Which digits.
#[derive(Args, Serialize)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// Which digits: `auto` is MNIST, or synthetic digits where MNIST cannot be had; `mnist`; `synthetic`;
    /// or a folder with the four files of MNIST or of a set like it (.gz or not)
    #[arg(long, value_name = "auto|mnist|synthetic|DIR", default_value = "auto")]
    data: String,
    /// Do not touch the network
    #[arg(long)]
    offline: bool,
}

/// Digits that were found.
pub(super) struct Digits {
    /// `mnist`, `synthetic` or `folder`.
    pub(super) name: &'static str,
    /// For a person: what they are and where from.
    pub(super) description: String,
    files: Option<MnistFiles>,
}

impl DataArgs {
    /// Finds the digits; fetches them if need be and may be. Says on standard error what a person should know.
    pub(super) fn find(&self, quiet: bool) -> anyhow::Result<Digits> {
        match self.data.as_str() {
            "synthetic" => Ok(synthetic_digits()),
            "mnist" => self.mnist(quiet),
            // Who names a folder wants what is in it, or an error.
            "auto" if std::env::var_os(FOLDER_VARIABLE).is_some() => self.mnist(quiet),
            "auto" => Ok(self.mnist(quiet).unwrap_or_else(|error| {
                let reason = explain(&error);
                let reason = reason.lines().next().unwrap_or_default();
                eprintln!("MNIST cannot be had ({reason}): using synthetic digits instead");
                synthetic_digits()
            })),
            folder => in_folder(Path::new(folder)),
        }
    }

    fn mnist(&self, quiet: bool) -> anyhow::Result<Digits> {
        if let Some(folder) = std::env::var_os(FOLDER_VARIABLE) {
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
        Ok(Digits { name: "mnist", description, files: Some(files) })
    }
}

impl Digits {
    /// Reads or draws one split.
    pub(super) fn load(&self, split: Split) -> Result<DigitSet, lenet_data::Error> {
        match (&self.files, split) {
            (Some(files), split) => files.load(split),
            (None, Split::Train) => synthetic::digits(SYNTHETIC_SEED, SYNTHETIC_TRAIN),
            (None, Split::Test) => synthetic::digits(SYNTHETIC_SEED, SYNTHETIC_TEST),
        }
    }
}

fn synthetic_digits() -> Digits {
    let description = "synthetic digits, drawn by this program (not MNIST)".to_owned();
    Digits { name: "synthetic", description, files: None }
}

fn in_folder(folder: &Path) -> anyhow::Result<Digits> {
    let files = MnistFiles::in_folder(folder)?;
    Ok(Digits { name: "folder", description: format!("the folder {}", folder.display()), files: Some(files) })
}

/// A download, on standard error.
struct DownloadBar {
    bar: ProgressBar,
    quiet: bool,
}

impl DownloadBar {
    fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let style = ProgressStyle::with_template("{msg}  {wide_bar}  {bytes}/{total_bytes}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, quiet }
    }

    fn show(&mut self, event: FetchEvent<'_>) {
        match event {
            FetchEvent::Waiting => self.say("another process is fetching MNIST: waiting for it".into()),
            FetchEvent::Corrupt { path, .. } => {
                self.say(format!("{} is damaged: fetching it again", path.display()));
            }
            FetchEvent::Started { url, resumed_at, total } => {
                let size = total.map_or(String::new(), |total| format!(" ({})", DecimalBytes(total)));
                self.say(format!("fetching {url}{size}"));
                self.bar.reset();
                self.bar.set_position(resumed_at);
                self.bar.set_message(file_name(url));
                self.progress(resumed_at, total);
            }
            FetchEvent::Progress { bytes, total } => self.progress(bytes, total),
            FetchEvent::Rejected { url, reason } => self.say(format!("{url}: {reason}")),
            FetchEvent::Stored { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }

    fn progress(&self, bytes: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(bytes);
    }

    fn say(&self, line: String) {
        if !self.quiet {
            self.bar.suspend(|| eprintln!("{line}"));
        }
    }
}

fn file_name(url: &str) -> String {
    PathBuf::from(url).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
