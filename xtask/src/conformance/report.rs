//! What came of a whole run: the one structure that every kind of output is made from, and report.json itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::child::Ended;
use super::protocol::{About, Check, Curve, Mutant, Place, Status, Tally};
use super::transcript::Transcript;

/// The version of report.json; another one is not read.
const SCHEMA: u32 = 1;

/// report.json. Numbers that JSON cannot hold are the strings `NaN`, `Infinity` and `-Infinity`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Report {
    /// Version of this structure.
    pub schema: u32,
    /// When it began, in local time with its offset.
    pub taken: String,
    /// The commit, with `-dirty` if a file differs from it.
    pub commit: String,
    /// Processor, cores and operating system.
    pub machine: String,
    /// What was chosen.
    pub settings: Settings,
    /// The whole ladder, from the bottom up, whatever was chosen of it.
    pub rungs: Vec<Rung>,
    /// What was tested, in the order of the table's columns.
    pub subjects: Vec<Subject>,
    /// Planted bugs, where they were asked for.
    #[serde(default)]
    pub mutants: Vec<Mutant>,
    /// Wall time of all of it, without the build.
    pub seconds: f64,
}

/// What was chosen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Settings {
    /// The short ladder.
    pub quick: bool,
    /// Seed of the random inputs.
    pub seed: u64,
    /// These rungs alone; none is all.
    pub rungs: Vec<String>,
    /// Cases that match this alone.
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

/// A subject, and all that was found out about it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Subject {
    /// The column's name.
    pub name: String,
    /// Whether it came to its end.
    pub outcome: Outcome,
    /// What it said of itself.
    pub about: Option<About>,
    /// Each compared quantity.
    pub checks: Vec<Check>,
    /// Plots.
    pub curves: Vec<Curve>,
    /// Wall time.
    pub seconds: f64,
}

/// How the testing of a subject ended.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// To its end, whether checks passed or failed.
    Finished,
    /// It cannot be had on this machine.
    Missing {
        /// The error.
        reason: String,
        /// What to install.
        remedy: String,
    },
    /// The program died.
    Crashed {
        /// The signal or the exit code.
        how: String,
        /// The case that had begun last.
        during: Option<Place>,
        /// The last lines of its standard error.
        last_words: String,
    },
    /// The program was killed at the time limit.
    TimedOut {
        /// The limit.
        seconds: u64,
        /// The case that had begun last.
        during: Option<Place>,
    },
    /// Something is lacking, so that its checks cannot be believed to be all.
    Incomplete {
        /// What.
        why: String,
    },
}

/// What it all amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every comparison took place, and none failed.
    Passed,
    /// A check failed, or a program crashed or hung.
    Failed,
    /// A comparison that was asked for did not take place.
    NotCompared,
}

impl Subject {
    /// One of which nothing is known yet.
    pub fn new(name: &str) -> Self {
        let (checks, curves) = (Vec::new(), Vec::new());
        Self { name: name.into(), outcome: Outcome::Finished, about: None, checks, curves, seconds: 0.0 }
    }

    /// Takes in what a program said of it. The first bad end of several is the one that counts.
    pub fn add(&mut self, transcript: Transcript, ended: &Ended, errors: &str, seconds: f64) {
        if self.outcome == Outcome::Finished {
            self.outcome = transcript.outcome(ended, errors);
        }
        self.about = self.about.take().or(transcript.about);
        self.checks.extend(transcript.checks);
        self.curves.extend(transcript.curves);
        self.seconds += seconds;
    }

    /// How its checks came out.
    pub fn tally(&self) -> Tally {
        Tally::of(&self.checks)
    }

    /// Whether it did not come to this rung, because a lower one failed.
    pub fn has_skipped(&self, rung: &str) -> bool {
        self.checks.iter().any(|check| check.rung == rung && check.status == Status::Skipped)
    }
}

impl Outcome {
    /// The case in which it ended badly.
    pub fn during(&self) -> Option<&Place> {
        match self {
            Self::Crashed { during, .. } | Self::TimedOut { during, .. } => during.as_ref(),
            _ => None,
        }
    }
}

impl Report {
    /// An empty one, of now and here.
    pub fn new(settings: Settings, rungs: Vec<Rung>) -> Self {
        Self {
            schema: SCHEMA,
            taken: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            commit: crate::workspace::commit(),
            machine: crate::machine::Machine::here().to_string(),
            settings,
            rungs,
            subjects: Vec::new(),
            mutants: Vec::new(),
            seconds: 0.0,
        }
    }

    /// What it amounts to, if the backends in `allowed` may be missing. A failure counts more than a gap.
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

    /// Reads a report.json.
    ///
    /// # Errors
    /// If there is none, or one of another version.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let report: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is no report.json of `cargo xtask test-backends`", path.display())
        })?;
        let schema = report.schema;
        ensure!(schema == SCHEMA, "{} has version {schema}, this program reads {SCHEMA}", path.display());
        Ok(report)
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

/// Whether `name` means this subject: itself, or the backend that it and others are of.
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
