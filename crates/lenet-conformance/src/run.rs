//! Runs cases on a subject, rung by rung, and reports what comes of them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use crate::case::Finding;
use crate::replay;
use crate::{Case, Findings, Rung, Subject};
use lenet_report::conformance::{Check, End, Event, Place, Status, Tally};

/// How much less accurate than Burn's CPU backend a subject may be before it is worth a warning.
const TIMES_LESS_ACCURATE: f64 = 4.0;
/// Root mean squares of fewer numbers say little.
const NUMBERS_TO_COMPARE_WITH_BASELINE: usize = 64;

/// What goes along with a run.
#[derive(Default)]
pub struct Companions<'a> {
    /// Burn's CPU backend, whose own distance from the oracle is the measure of what is accurate.
    pub baseline: Option<&'a Subject>,
    /// Where replay files of failed cases go, with the seed and the length of the ladder that they belong to.
    pub replays: Option<Replays>,
}

/// Where replay files go, and what they must remember.
pub struct Replays {
    /// The folder.
    pub folder: PathBuf,
    /// The seed of the run.
    pub seed: u64,
    /// Whether the run is the short ladder.
    pub quick: bool,
}

/// Runs `cases`, which are in the order of the rungs, on `subject`. A case of a rung above one that failed is reported
/// as skipped: with the simple wrong, the composed says nothing.
///
/// # Errors
/// What `emit` says.
pub fn run(
    subject: &Subject,
    cases: &[Case],
    companions: &Companions<'_>,
    mut emit: impl FnMut(Event) -> io::Result<()>,
) -> io::Result<Tally> {
    let started = Instant::now();
    let mut totals = Tally::default();
    let mut failed: Option<Rung> = None;
    for case in cases {
        if let Some(lower) = failed.filter(|failed| *failed < case.rung) {
            totals.add(Status::Skipped);
            emit(Event::Check(skipped(case, lower)))?;
            continue;
        }
        emit(Event::Begin(Place { rung: case.rung.to_string(), case: case.name.clone() }))?;
        let findings = findings(subject, case, companions);
        if findings.failed() {
            failed = Some(case.rung);
        }
        for finding in findings.checks {
            totals.add(finding.check.status);
            emit(Event::Check(finding.check))?;
        }
        for curve in findings.curves {
            emit(Event::Curve(curve))?;
        }
    }
    emit(Event::End(End { tally: totals, seconds: started.elapsed().as_secs_f64() }))?;
    Ok(totals)
}

/// Runs a case; a panic on the way is a failed check.
pub fn attempt(subject: &Subject, case: &Case) -> Findings {
    catch_unwind(AssertUnwindSafe(|| case.run(subject))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let mut findings = Findings::new(case.rung, &case.name);
        findings.verdict("panic", Status::Fail, format!("panicked: {text}"));
        findings
    })
}

fn findings(subject: &Subject, case: &Case, companions: &Companions<'_>) -> Findings {
    let mut findings = attempt(subject, case);
    if let Some(baseline) = companions.baseline
        && (Rung::OpsForward..=Rung::Gradients).contains(&case.rung)
    {
        let theirs = attempt(baseline, case);
        for (finding, theirs) in findings.checks.iter_mut().zip(&theirs.checks) {
            compare_with_baseline(finding, theirs, baseline);
        }
    }
    if let Some(replays) = &companions.replays
        && findings.failed()
    {
        replay::save(&mut findings, subject, replays);
    }
    findings
}

/// Warns of numbers that pass and are much worse than Burn's CPU backend computes them.
fn compare_with_baseline(ours: &mut Finding, theirs: &Finding, baseline: &Subject) {
    let (Some(measure), Some(reference)) = (&ours.measure, &theirs.measure) else { return };
    // Below one rounding of each number nobody can be, so nobody is blamed for it.
    let times = measure.rms_error / reference.rms_error.max(reference.rms_rounding);
    if ours.check.status == Status::Pass
        && times > TIMES_LESS_ACCURATE
        && measure.comparison.numbers >= NUMBERS_TO_COMPARE_WITH_BASELINE
    {
        ours.check.status = Status::Warn;
        ours.check.detail = format!("{times:.1} times less accurate than {}", baseline.name);
    }
}

fn skipped(case: &Case, lower: Rung) -> Check {
    let mut findings = Findings::new(case.rung, &case.name);
    findings.verdict("", Status::Skipped, format!("the lower rung {lower} failed"));
    // One verdict was given, so there is one check.
    findings.checks.remove(0).check
}

/// Whether `name` is like `pattern`, in which `*` stands for any text and `?` for one character.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern_left = pattern.chars();
    match pattern_left.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = pattern_left.as_str();
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| matches(rest, &name[at..]))
        }
        Some(wanted) => {
            let mut name_left = name.chars();
            let next = name_left.next();
            next.is_some_and(|next| wanted == '?' || wanted == next)
                && matches(pattern_left.as_str(), name_left.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
        for (pattern, name) in
            [("*", ""), ("conv1/*", "conv1/batch3/random"), ("*/batch?/*", "fc1/batch7/huge"), ("a", "a")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("", "a"), ("conv1", "conv1/batch3"), ("*/batch?/*", "fc1/batch64/huge"), ("?", "")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
