//! Exit codes and the lines on stdout.

use std::io;

use lenet_report::conformance::{Event, Tally};

/// No check failed.
pub(super) const PASSED: u8 = 0;
/// At least one check failed.
pub(super) const FAILED: u8 = 1;
/// The comparison could not start.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// The exit code of a run with these totals.
pub(super) fn exit_code(totals: Tally) -> u8 {
    if totals.fail == 0 { PASSED } else { FAILED }
}

/// Prints `event` as one line of JSON.
pub(super) fn emit(event: Event) -> io::Result<()> {
    event.write(&mut io::stdout().lock())
}
