//! [`Report`]: the result of a whole conformance run, from which every kind of output is made. `report.json` is this
//! structure.

use serde::{Deserialize, Serialize};

use super::outcome::{Ended, Outcome};
use super::record::{About, Check, Curve, Mutant, Status, Tally};
use super::transcript::Transcript;
use crate::Error;

/// Version of `report.json`; another one is not read.
const SCHEMA: u32 = 1;

/// The result of a conformance run. In JSON, numbers that it cannot hold are the strings `NaN`, `Infinity`
/// and `-Infinity`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Version of this structure.
    pub schema: u32,
    /// Start of the run, in local time with its offset.
    pub taken: String,
    /// The commit, with `-dirty` if a file differs from it.
    pub commit: String,
    /// Processor, cores and operating system.
    pub machine: String,
    /// The choices on the command line.
    pub settings: Settings,
    /// All rungs of the ladder from the bottom up, whichever were chosen.
    pub rungs: Vec<Rung>,
    /// The subjects, in the order of the table's columns.
    pub subjects: Vec<Subject>,
    /// The planted bugs, if they were tried.
    #[serde(default)]
    pub mutants: Vec<Mutant>,
    /// Wall time in seconds, build excluded.
    pub seconds: f64,
}

/// The choices on the command line.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Settings {
    /// Whether the short ladder ran.
    pub quick: bool,
    /// Seed of the random inputs.
    pub seed: u64,
    /// Names of the chosen rungs; empty means all.
    pub rungs: Vec<String>,
    /// Pattern of the chosen cases; `None` means all.
    pub case: Option<String>,
}

/// A rung of the ladder.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Rung {
    /// Its name.
    pub name: String,
    /// What it compares.
    pub detail: String,
}

/// A subject with its checks.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Subject {
    /// Name of the subject and of its column.
    pub name: String,
    /// How its programs ended.
    pub outcome: Outcome,
    /// Its own description.
    pub about: Option<About>,
    /// Its compared quantities.
    pub checks: Vec<Check>,
    /// Its plots.
    pub curves: Vec<Curve>,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Result of the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every comparison took place, and none failed.
    Passed,
    /// A check failed, or a program crashed or hung.
    Failed,
    /// A comparison that was asked for did not take place.
    NotCompared,
}

impl Settings {
    /// The whole or the short ladder with random inputs of `seed`.
    pub fn new(quick: bool, seed: u64) -> Self {
        Self { quick, seed, ..Self::default() }
    }
}

impl Subject {
    /// A subject without checks.
    pub fn new(name: &str) -> Self {
        let (checks, curves) = (Vec::new(), Vec::new());
        Self { name: name.into(), outcome: Outcome::Finished, about: None, checks, curves, seconds: 0.0 }
    }

    /// Adds the output of one program. If several programs ended badly, the first outcome is kept.
    pub fn add(&mut self, transcript: Transcript, ended: &Ended, errors: &str, seconds: f64) {
        if self.outcome == Outcome::Finished {
            self.outcome = transcript.outcome(ended, errors);
        }
        self.about = self.about.take().or(transcript.about);
        self.checks.extend(transcript.checks);
        self.curves.extend(transcript.curves);
        self.seconds += seconds;
    }

    /// Number of its checks by status.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.checks)
    }

    /// Whether the checks of `rung` were skipped because a lower rung failed.
    pub fn has_skipped(&self, rung: &str) -> bool {
        self.checks.iter().any(|check| check.rung == rung && check.status == Status::Skipped)
    }
}

impl Report {
    /// A report without subjects.
    ///
    /// - `taken`: the time of its start, in local time with its offset
    /// - `commit`: the commit of the workspace, with `-dirty` if a file differs from it
    /// - `machine`: processor, cores and operating system
    pub fn new(taken: String, commit: String, machine: String, settings: Settings, rungs: Vec<Rung>) -> Self {
        let (subjects, mutants) = (Vec::new(), Vec::new());
        Self { schema: SCHEMA, taken, commit, machine, settings, rungs, subjects, mutants, seconds: 0.0 }
    }

    /// The result, if the backends in `allowed` may be missing. A failure outweighs a missing comparison.
    pub fn verdict(&self, allowed: &[String]) -> Verdict {
        let verdicts = || self.subjects.iter().map(|subject| subject.verdict(allowed));
        if verdicts().any(|verdict| verdict == Verdict::Failed) {
            Verdict::Failed
        } else if verdicts().any(|verdict| verdict == Verdict::NotCompared) || self.compared_nothing() {
            Verdict::NotCompared
        } else {
            Verdict::Passed
        }
    }

    fn compared_nothing(&self) -> bool {
        self.subjects.iter().all(|subject| subject.tally().compared() == 0)
    }

    /// Reads the text of a `report.json`.
    ///
    /// # Errors
    /// [`Error::NotAReport`] if it is something else, [`Error::Version`] if its structure is of another
    /// version.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let report: Self = serde_json::from_str(text).map_err(Error::NotAReport)?;
        match report.schema {
            SCHEMA => Ok(report),
            found => Err(Error::Version { found, expected: SCHEMA }),
        }
    }
}

impl Subject {
    fn verdict(&self, allowed: &[String]) -> Verdict {
        match &self.outcome {
            Outcome::Crashed { .. } | Outcome::TimedOut { .. } => Verdict::Failed,
            _ if self.checks.iter().any(|check| check.status == Status::Fail) => Verdict::Failed,
            Outcome::Missing { .. } if allowed.iter().any(|name| is_named(&self.name, name)) => {
                Verdict::Passed
            }
            Outcome::Missing { .. } | Outcome::Incomplete { .. } => Verdict::NotCompared,
            Outcome::Finished => Verdict::Passed,
        }
    }
}

/// Whether `name` selects `subject`: its own name, or the name of its backend.
pub fn is_named(subject: &str, name: &str) -> bool {
    let rest = subject.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '+']))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn allow(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_backend_means_all_its_subjects_and_no_other() {
        let all = ["flex", "flex-stock", "wgpu", "wgpu:0", "wgpu+fusion", "ndarray"];
        let named = |name| all.into_iter().filter(|subject| is_named(subject, name)).collect::<Vec<_>>();
        assert_eq!(named("flex"), ["flex", "flex-stock"]);
        assert_eq!(named("flex-stock"), ["flex-stock"]);
        assert_eq!(named("wgpu"), ["wgpu", "wgpu:0", "wgpu+fusion"]);
        assert!(named("nd").is_empty());
    }

    #[test]
    fn a_missing_backend_is_no_success_unless_it_is_allowed() {
        let mut report = sample::report();
        report.subjects.retain(|subject| ["flex", "wgpu"].contains(&subject.name.as_str()));
        assert_eq!(report.verdict(&[]), Verdict::NotCompared);
        assert_eq!(report.verdict(&allow(&["ndarray"])), Verdict::NotCompared);
        assert_eq!(report.verdict(&allow(&["wgpu"])), Verdict::Passed);
    }

    #[test]
    fn a_failed_check_or_a_crash_is_a_failure_whatever_is_missing() {
        let mut report = sample::report();
        assert_eq!(report.verdict(&allow(&["wgpu"])), Verdict::Failed);
        report.subjects.retain(|subject| subject.name == "wgpu+fusion");
        assert!(matches!(report.subjects[0].outcome, Outcome::Crashed { .. }));
        assert_eq!(report.verdict(&allow(&["wgpu"])), Verdict::Failed);
    }

    #[test]
    fn a_run_that_compared_nothing_is_no_success() {
        let mut report = sample::report();
        report.subjects.retain(|subject| subject.name == "flex");
        report.subjects[0].checks.retain(|check| check.status == Status::NotComparable);
        assert_eq!(report.verdict(&[]), Verdict::NotCompared);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let text = serde_json::to_string(&sample::report()).unwrap();
        let again: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn a_rung_above_a_failed_one_is_skipped_and_the_others_are_not() {
        let ndarray = &sample::report().subjects[1];
        assert!(ndarray.has_skipped("trajectories") && !ndarray.has_skipped("ops-backward"));
    }

    #[test]
    fn the_second_program_does_not_hide_how_the_first_one_ended() {
        let mut subject = Subject::new("flex");
        subject.add(Transcript::default(), &Ended::Exited(101), "", 1.0);
        let mut second = Transcript::default();
        second.hear(r#"{"event":"end"}"#);
        subject.add(second, &Ended::Exited(0), "", 0.5);
        assert!(matches!(subject.outcome, Outcome::Crashed { .. }));
        assert_eq!(subject.seconds, 1.5);
    }
}
