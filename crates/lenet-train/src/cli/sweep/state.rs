//! [`State`]: how far a run of a sweep is, read from its folder.

use std::path::Path;

use lenet_report::run::Record;

use super::super::interrupt;
use super::super::pause::PauseAfter;
use super::super::report::folder;
use super::super::run_folder::{self, METRICS, last_record};
use super::super::run_settings::SETTINGS;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is nothing to resume.
    Missing,
    /// The run was cut, or was paused by successive halving, and can be resumed.
    Begun,
    /// The run has ended.
    Ended,
}

impl State {
    /// The state of the run in `folder`.
    pub(super) fn of(folder: &Path) -> Self {
        match last_record(&folder.join(METRICS)) {
            Some(Record::End { reason, .. }) if !is_cut(&reason) => Self::Ended,
            _ if folder.join(SETTINGS).exists() => Self::Begun,
            _ => Self::Missing,
        }
    }
}

/// Whether a run that ended for this reason is to be resumed.
pub(super) fn is_cut(reason: &str) -> bool {
    reason == interrupt::REASON || reason == PauseAfter::REASON
}

/// The validation accuracy of the run in `folder` after `epochs` epochs; `None` before.
pub(super) fn accuracy_after(folder: &Path, epochs: u64) -> Option<f64> {
    let records = folder::metrics(folder).ok()?;
    records.iter().rev().find_map(|record| match record {
        Record::Epoch { epoch, valid_accuracy, .. } if epoch + 1 == epochs => *valid_accuracy,
        _ => None,
    })
}

/// Whether another process trains the run in `folder` now.
pub(super) fn is_busy(folder: &Path) -> bool {
    folder.exists() && matches!(lenet_files::lock(&folder.join(run_folder::LOCK)), Ok(None))
}
