//! The table: for each rung and subject one cell with the largest share of its checks.

use super::outcome::Outcome;
use super::record::{Check, Tally};
use super::report::{Report, Subject};

/// Explanation of the cells, shown with a table.
pub const EXPLANATION: [&str; 3] = [
    "A cell is the largest |value − expected| of its rung, as a share of the hard bound. 100 % is the bound itself: the \
     error if every rounding is as large as it can be and all point the same way. Where a number results from a few \
     roundings (one operation, one optimizer step) a correct computation can reach 100 %; through the whole network it \
     stays far below. More than 100 % is a failure, and 13× is thirteen times the bound. Through the network the \
     hard bound is so wide that up to the rung `gradients` more than four times the soft bound (the error of independent \
     roundings) is a failure, too.",
    "`exact`: every number equals the expected one, rounded to the subject's type. `∞`: the bound is 0, or the value is \
     NaN or infinite where a number was expected.",
    "`warn`: within the hard bound, but beyond the soft bound (the error of independent roundings), or a difference that \
     a specification allows and the table reports: `∞ warn` is such a difference in a special value, for example a NaN \
     that a max-pool in WGSL may drop.",
];

/// A cell of the table.
#[derive(Debug)]
#[non_exhaustive]
pub struct Cell<'a> {
    /// Summary of its checks.
    pub mark: Mark,
    /// The check with the largest share of its bound.
    pub worst: Option<&'a Check>,
    /// Number of checks by status.
    pub tally: Tally,
    /// Whether every number had the expected bits.
    pub exact: bool,
}

/// Summary of a cell, from the worst to the best; a cell has the first one that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Mark {
    /// The program crashed on this rung.
    Crash,
    /// The program reached the time limit on this rung.
    Timeout,
    /// A check failed.
    Fail,
    /// A check warned.
    Warn,
    /// Everything that could be compared passed.
    Pass,
    /// Nothing could be compared.
    NotComparable,
    /// The subject does not support the operation or type.
    Unsupported,
    /// A lower rung failed.
    Skipped,
    /// The subject is not available on this machine.
    Missing,
    /// The program did not reach the rung, or the rung was not chosen.
    Nothing,
}

/// The cell of a subject on a rung.
pub fn cell<'a>(subject: &'a Subject, rung: &str) -> Cell<'a> {
    let checks: Vec<&Check> = subject.checks.iter().filter(|check| check.rung == rung).collect();
    let tally = Tally::of(checks.iter().copied());
    let compared = || checks.iter().filter(|check| check.share.is_some());
    Cell {
        mark: mark(subject, rung, tally),
        worst: compared().copied().max_by(|a, b| share(a).total_cmp(&share(b))),
        exact: compared().count() > 0 && compared().all(|check| check.bit_equal),
        tally,
    }
}

fn mark(subject: &Subject, rung: &str, tally: Tally) -> Mark {
    let is_here = subject.outcome.during().is_some_and(|place| place.rung == rung);
    match &subject.outcome {
        Outcome::Crashed { .. } if is_here => Mark::Crash,
        Outcome::TimedOut { .. } if is_here => Mark::Timeout,
        Outcome::Missing { .. } => Mark::Missing,
        _ if tally.fail > 0 => Mark::Fail,
        _ if tally.warn > 0 => Mark::Warn,
        _ if tally.pass > 0 => Mark::Pass,
        _ if tally.not_comparable > 0 => Mark::NotComparable,
        _ if tally.unsupported > 0 => Mark::Unsupported,
        _ if tally.skipped > 0 => Mark::Skipped,
        _ => Mark::Nothing,
    }
}

/// The error of a check as a share of its bound; infinite for NaN.
pub fn share(check: &Check) -> f64 {
    let share = check.share.map_or(0.0, |share| share.0);
    if share.is_nan() { f64::INFINITY } else { share }
}

/// The subject and check with the largest share of the bound on a rung.
pub fn worst<'a>(report: &'a Report, rung: &str) -> Option<(&'a Subject, &'a Check)> {
    // In reverse, because `max_by` returns the last of equal elements and the first is wanted.
    let worst =
        report.subjects.iter().rev().filter_map(|subject| Some((subject, cell(subject, rung).worst?)));
    worst.max_by(|a, b| share(a.1).total_cmp(&share(b.1)))
}

/// The chosen rungs with at least one result, from the bottom up.
pub fn rungs(report: &Report) -> Vec<&str> {
    let known = |rung: &&str| report.subjects.iter().any(|s| cell(s, rung).mark != Mark::Nothing);
    let chosen =
        |rung: &&str| report.settings.rungs.is_empty() || report.settings.rungs.iter().any(|r| r == rung);
    report.rungs.iter().map(|rung| rung.name.as_str()).filter(|rung| chosen(rung) && known(rung)).collect()
}

impl Cell<'_> {
    /// Short text of the cell: `31 %`, `exact`, `71 % warn`, `crash`.
    pub fn text(&self) -> String {
        let share = match self.worst {
            Some(_) if self.exact => "exact".into(),
            Some(check) => percent(share(check)),
            None => "ok".into(),
        };
        match self.mark {
            Mark::Pass => share,
            Mark::Warn if self.worst.is_none() => "warn".into(),
            Mark::Warn => format!("{share} warn"),
            Mark::Fail if self.worst.is_none() => "FAIL".into(),
            Mark::Fail => format!("{share} FAIL"),
            Mark::Crash => "CRASH".into(),
            Mark::Timeout => "TIMEOUT".into(),
            Mark::NotComparable => "too close".into(),
            Mark::Unsupported => "unsupported".into(),
            Mark::Skipped => "skipped".into(),
            Mark::Missing => "missing".into(),
            Mark::Nothing => "–".into(),
        }
    }
}

/// Formats a share: `31 %`, `0.4 %`; far beyond the bound, as a multiple: `13×`.
pub fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    match hundredths {
        h if h.is_infinite() || h.is_nan() => "∞".into(),
        0.0 => "0 %".into(),
        h if h < 0.1 => "<0.1 %".into(),
        h if h < 9.95 => format!("{h:.1} %"),
        h if h < 999.5 => format!("{h:.0} %"),
        _ if share < 1e6 => format!("{share:.0}×"),
        _ => format!("{share:.0e}×"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, check};
    use super::*;

    fn texts(name: &str) -> Vec<String> {
        let report = sample::report();
        let subject = report.subjects.iter().find(|subject| subject.name == name).unwrap();
        report.rungs.iter().map(|rung| cell(subject, &rung.name).text()).collect()
    }

    #[test]
    fn a_cell_says_the_worst_share_or_why_there_is_none() {
        assert_eq!(texts("flex"), ["31 %", "exact", "0.2 %"]);
        assert_eq!(texts("ndarray"), ["71 % warn", "13× FAIL", "skipped"]);
        assert_eq!(texts("wgpu"), ["missing", "missing", "missing"]);
    }

    #[test]
    fn a_crash_or_a_hang_is_shown_on_its_rung_and_not_hidden_by_what_passed_before() {
        assert_eq!(texts("wgpu+fusion"), ["4.0 %", "CRASH", "–"]);
        assert_eq!(texts("wgpu+autotune"), ["TIMEOUT", "–", "–"]);
    }

    #[test]
    fn the_worst_of_a_rung_has_its_subject_and_case() {
        let report = sample::report();
        let (subject, check) = worst(&report, "ops-forward").unwrap();
        assert_eq!((subject.name.as_str(), check.case.as_str()), ("ndarray", "conv2/batch3/random"));
    }

    #[test]
    fn nothing_is_worse_than_a_number_that_is_none() {
        let mut subject = Subject::new("flex");
        subject.checks = vec![check("r", "a", "y", f64::NAN), check("r", "b", "y", 5.0)];
        assert_eq!(cell(&subject, "r").worst.unwrap().case, "a");
    }

    #[test]
    fn shares_are_as_precise_as_a_person_reads_them() {
        let texts = [0.0, 1e-5, 0.004, 0.0994, 0.31, 9.99, 130.4, 3e7, f64::INFINITY].map(percent);
        assert_eq!(texts, ["0 %", "<0.1 %", "0.4 %", "9.9 %", "31 %", "999 %", "130×", "3e7×", "∞"]);
    }

    #[test]
    fn rungs_that_nobody_was_asked_about_are_left_out() {
        let mut report = sample::report();
        report.settings.rungs = vec!["ops-backward".into()];
        assert_eq!(rungs(&report), ["ops-backward"]);
    }
}
