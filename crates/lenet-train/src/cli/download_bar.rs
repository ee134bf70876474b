//! [`DownloadBar`]: shows a download.

use std::path::Path;

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};
use lenet_data::mnist::FetchEvent;

use super::print::print_note;

/// Progress of a download, on standard error.
pub(super) struct DownloadBar {
    bar: ProgressBar,
    quiet: bool,
    started: bool,
    /// Mirrors that failed since the last file, each with its reason. They are printed if another mirror has
    /// the file; otherwise the error of the fetch names them.
    rejected: Vec<String>,
}

impl DownloadBar {
    pub(super) fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let style = ProgressStyle::with_template("{msg}  {wide_bar}  {bytes}/{total_bytes}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, quiet, started: false, rejected: Vec::new() }
    }

    pub(super) fn show(&mut self, event: FetchEvent<'_>) {
        match event {
            FetchEvent::Waiting => self.note("another process is fetching MNIST: waiting for it".into()),
            FetchEvent::Corrupt { path, .. } => {
                self.note(format!("{} is damaged: fetching it again", path.display()));
            }
            FetchEvent::Started { url, resumed_at, total } => {
                if !std::mem::replace(&mut self.started, true) {
                    self.note("MNIST is not on this machine yet: downloading 11 MB, once; then the training takes seconds".into());
                }
                for rejected in std::mem::take(&mut self.rejected) {
                    self.note(rejected);
                }
                let size = total.map_or(String::new(), |total| format!(" ({})", DecimalBytes(total)));
                self.note(format!("fetching {url}{size}"));
                self.bar.reset();
                self.bar.set_position(resumed_at);
                self.bar.set_message(file_name(url));
                self.progress(resumed_at, total);
            }
            FetchEvent::Progress { bytes, total } => self.progress(bytes, total),
            FetchEvent::Rejected { url, reason } => self.rejected.push(format!("{url}: {reason}")),
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

    fn note(&self, line: String) {
        if !self.quiet {
            self.bar.suspend(|| print_note(line));
        }
    }
}

fn file_name(url: &str) -> String {
    Path::new(url).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
