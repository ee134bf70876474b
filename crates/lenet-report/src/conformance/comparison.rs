//! Changes since an earlier report.

use std::collections::BTreeMap;

use super::grid::{percent, share};
use super::record::{Check, Status};
use super::report::Report;

/// A change of a share is reported if it exceeds this factor and this difference. Smaller changes are noise:
/// inputs are equal in every run, but threads and drivers may add in another order.
const FACTOR: f64 = 1.25;
const DIFFERENCE: f64 = 0.02;

/// Number of changes of each kind that are printed.
const SHOWN: usize = 20;

/// A check by its subject, rung, case and quantity.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The changes between two reports.
#[derive(Debug, Default, PartialEq)]
pub struct Changes<'a> {
    /// Checks whose status changed: old and new status.
    pub status: Vec<(Key<'a>, Status, Status)>,
    /// Checks whose share of the bound rose: old and new share, the largest rise first.
    pub rose: Vec<(Key<'a>, f64, f64)>,
    /// Checks whose share of the bound fell: old and new share, the largest fall first.
    pub fell: Vec<(Key<'a>, f64, f64)>,
    /// Checks that only the new report has.
    pub new: Vec<Key<'a>>,
    /// Checks that only the old report has.
    pub gone: Vec<Key<'a>>,
}

/// Computes the changes from `old` to `new`.
pub fn compare<'a>(old: &'a Report, new: &'a Report) -> Changes<'a> {
    let (before, now) = (by_key(old), by_key(new));
    let mut changes = Changes {
        new: now.keys().filter(|key| !before.contains_key(*key)).copied().collect(),
        gone: before.keys().filter(|key| !now.contains_key(*key)).copied().collect(),
        ..Changes::default()
    };
    for (key, check) in &now {
        let Some(earlier) = before.get(key) else { continue };
        if earlier.status != check.status {
            changes.status.push((*key, earlier.status, check.status));
        }
        let (a, b) = (share(earlier), share(check));
        if b > a * FACTOR && b - a > DIFFERENCE {
            changes.rose.push((*key, a, b));
        } else if a > b * FACTOR && a - b > DIFFERENCE {
            changes.fell.push((*key, a, b));
        }
    }
    changes.rose.sort_by(|x, y| (y.2 - y.1).total_cmp(&(x.2 - x.1)));
    changes.fell.sort_by(|x, y| (y.1 - y.2).total_cmp(&(x.1 - x.2)));
    changes
}

fn by_key(report: &Report) -> BTreeMap<Key<'_>, &Check> {
    let checks = report.subjects.iter().flat_map(|subject| {
        subject.checks.iter().map(move |check| {
            (
                (subject.name.as_str(), check.rung.as_str(), check.case.as_str(), check.quantity.as_str()),
                check,
            )
        })
    });
    checks.collect()
}

/// Formats the changes for a terminal.
pub fn render(old: &Report, new: &Report) -> String {
    let changes = compare(old, new);
    let shares = |changes: &[(Key, f64, f64)]| {
        let line =
            |(key, a, b): &(Key, f64, f64)| format!("{}: {} → {}", place(*key), percent(*a), percent(*b));
        changes.iter().map(line).collect::<Vec<_>>()
    };
    let keys = |keys: &[Key]| keys.iter().map(|key| place(*key)).collect::<Vec<_>>();
    let statuses =
        changes.status.iter().map(|(key, a, b)| format!("{}: {a:?} → {b:?}", place(*key))).collect();
    let mut text = format!("Compared with the report of {}, commit {}\n", old.taken, old.commit);
    if differs(old, new) {
        text += "  settings or machine differ, so some of what follows may be due to that\n";
    }
    for (title, lines) in [
        ("another status", statuses),
        ("use more of the bound", shares(&changes.rose)),
        ("use less of the bound", shares(&changes.fell)),
        ("new", keys(&changes.new)),
        ("gone", keys(&changes.gone)),
    ] {
        text += &section(title, &lines);
    }
    text
}

fn differs(old: &Report, new: &Report) -> bool {
    // The load of the machine, which is the rest of its name, does not matter.
    let machine = |report: &Report| report.machine.split(", load").next().map(str::to_owned);
    machine(old) != machine(new)
        || (old.settings.quick, old.settings.seed) != (new.settings.quick, new.settings.seed)
}

fn section(title: &str, lines: &[String]) -> String {
    let mut text = format!("  {}: {title}\n", lines.len());
    text.extend(lines.iter().take(SHOWN).map(|line| format!("    {line}\n")));
    if lines.len() > SHOWN {
        text += &format!("    and {} more\n", lines.len() - SHOWN);
    }
    text
}

fn place((subject, rung, case, quantity): Key) -> String {
    format!("{subject}, {rung}: {case} {quantity}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::number::Number;
    use super::super::sample;
    use super::*;

    #[test]
    fn nothing_changed_between_a_report_and_itself() {
        let report = sample::report();
        assert_eq!(compare(&report, &report), Changes::default());
    }

    #[test]
    fn what_uses_more_of_its_bound_is_told_with_both_shares() {
        let (old, mut new) = (sample::report(), sample::report());
        new.subjects[0].checks[1].share = Some(Number(0.78));
        new.subjects[0].checks[0].share = Some(Number(0.032)); // Too little to tell.
        let text = render(&old, &new);
        assert!(text.contains("flex, ops-forward: conv2/batch3/random y: 31 % → 78 %"), "{text}");
        assert_eq!(compare(&old, &new).rose.len(), 1);
    }

    #[test]
    fn what_is_new_gone_or_of_another_status_is_told() {
        let (old, mut new) = (sample::report(), sample::report());
        new.subjects[0].checks[1].status = Status::Warn;
        new.subjects[0].checks[0].case = "conv1/batch7/random".into();
        let changes = compare(&old, &new);
        assert_eq!(changes.status.len(), 1);
        assert_eq!(changes.new, [("flex", "ops-forward", "conv1/batch7/random", "y")]);
        assert_eq!(changes.gone, [("flex", "ops-forward", "conv1/batch3/random", "y")]);
    }
}
