//! Runs cases on a subject, rung by rung, and reports each check as an event.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::findings::Finding;
use crate::replay::{self, ReplayOptions};
use crate::{Case, Findings, Rung, Subject};
use lenet_report::conformance::{Check, End, Event, Place, Status, Tally};

/// A subject whose RMS error is more than this many times the baseline's gets a warning.
const MAX_ERROR_RATIO: f64 = 4.0;
/// The RMS errors of tensors with fewer elements are not compared: they vary too much.
const MIN_NUMBERS_FOR_BASELINE: usize = 64;

/// Optional parts of a run. The default has neither a baseline nor replay files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunOptions<'a> {
    /// Burn's CPU backend. A subject whose error is several times the baseline's gets a warning.
    pub baseline: Option<&'a Subject>,
    /// Writes a replay file for each failed case.
    pub replays: Option<ReplayOptions>,
}

impl<'a> RunOptions<'a> {
    /// Compares the subject's accuracy with that of `baseline`, too.
    pub fn with_baseline(mut self, baseline: &'a Subject) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Writes replay files.
    pub fn with_replays(mut self, replays: ReplayOptions) -> Self {
        self.replays = Some(replays);
        self
    }
}

/// Runs `cases`, which must be in the order of their rungs, on `subject`, and passes each event to `emit`.
/// After a rung fails, the cases of higher rungs are reported as skipped: they build on the failed rung.
///
/// # Errors
/// The error of `emit`.
pub fn run(
    subject: &Subject,
    cases: &[Case],
    options: &RunOptions<'_>,
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
        let findings = findings(subject, case, options);
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

/// Runs a case. A panic becomes a failed check.
pub fn run_case(subject: &Subject, case: &Case) -> Findings {
    catch_unwind(AssertUnwindSafe(|| case.run(subject))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let mut findings = Findings::new(case.rung, &case.name);
        findings.verdict("panic", Status::Fail, format!("panicked: {text}"));
        findings
    })
}

fn findings(subject: &Subject, case: &Case, options: &RunOptions<'_>) -> Findings {
    let mut findings = run_case(subject, case);
    if let Some(baseline) = options.baseline
        && (Rung::OpsForward..=Rung::Gradients).contains(&case.rung)
    {
        let theirs = run_case(baseline, case);
        for (finding, theirs) in findings.checks.iter_mut().zip(&theirs.checks) {
            compare_with_baseline(finding, theirs, baseline);
        }
    }
    if let Some(replays) = &options.replays
        && findings.failed()
    {
        replay::save(&mut findings, subject, replays);
    }
    findings
}

/// Turns a pass into a warning if the RMS error is much larger than the baseline's.
fn compare_with_baseline(ours: &mut Finding, theirs: &Finding, baseline: &Subject) {
    let (Some(measure), Some(reference)) = (&ours.measure, &theirs.measure) else { return };
    // An error of one rounding per element is unavoidable, so a baseline below that does not count.
    let ratio = measure.rms_error / reference.rms_error.max(reference.rms_rounding);
    if ours.check.status == Status::Pass
        && ratio > MAX_ERROR_RATIO
        && measure.comparison.numbers >= MIN_NUMBERS_FOR_BASELINE
    {
        ours.check.status = Status::Warn;
        ours.check.detail = format!("{ratio:.1} times less accurate than {}", baseline.name);
    }
}

fn skipped(case: &Case, lower: Rung) -> Check {
    let mut findings = Findings::new(case.rung, &case.name);
    findings.verdict("", Status::Skipped, format!("the lower rung {lower} failed"));
    // `verdict` pushed one check.
    findings.checks.remove(0).check
}

/// Whether `name` matches `pattern`, in which `*` stands for any text and `?` for one character.
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
