//! [`Progress`]: how many runs of a sweep are done, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use lenet_report::run::Record;

use super::Sweep;
use super::pool::Done;
use crate::cli::print::print_note;
use crate::cli::report::folder;

/// A bar on a terminal; elsewhere a line for each run.
pub(super) struct Progress<'a> {
    sweep: &'a Sweep<'a>,
    bar: ProgressBar,
    best: Option<f64>,
    done: usize,
    all: usize,
}

impl<'a> Progress<'a> {
    /// Of `all` runs, `done` have ended before.
    pub(super) fn new(sweep: &'a Sweep<'a>, all: usize, done: usize) -> Self {
        let bar = ProgressBar::new(all as u64);
        let style = ProgressStyle::with_template("{pos}/{len} runs  {wide_bar}  {msg}{eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(done as u64);
        bar.reset_eta();
        let progress = Self { sweep, bar, best: None, done, all };
        if done > 0 && progress.bar.is_hidden() {
            print_note(format_args!("{done} of {all} runs are done already"));
        }
        progress
    }

    pub(super) fn show(&mut self, run: usize, done: &Done) {
        if matches!(done, Done::Interrupted) {
            return;
        }
        self.done += 1;
        let planned = &self.sweep.runs[run];
        let result = match done {
            Done::Failed(error) => error.clone(),
            _ => {
                let accuracy = accuracy(&folder::metrics(&self.sweep.path(run)).unwrap_or_default());
                self.best = self.best.into_iter().chain(accuracy).reduce(f64::max);
                accuracy.map_or("no validation".into(), |accuracy| {
                    format!("validation {:.2} %", 100.0 * accuracy)
                })
            }
        };
        if self.bar.is_hidden() {
            let (number, all, name) = (self.done, self.all, &planned.name);
            print_note(format_args!(
                "{number}/{all}  {name}  {}: {result}",
                planned.describe(self.sweep.spec)
            ));
        } else {
            let best = self.best.map_or(String::new(), |best| format!("best {:.2} %, ", 100.0 * best));
            self.bar.set_message(best);
            self.bar.set_position(self.done as u64);
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The validation accuracy after the last epoch.
fn accuracy(records: &[Record]) -> Option<f64> {
    records.iter().rev().find_map(|record| match record {
        Record::Epoch { valid_accuracy, .. } => *valid_accuracy,
        _ => None,
    })
}
