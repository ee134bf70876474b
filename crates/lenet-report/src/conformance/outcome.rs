//! [`Outcome`]: how the test of a subject ended.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::record::Place;

/// How the test of a subject ended.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// All programs ended normally, whether checks passed or failed.
    Finished,
    /// The subject cannot be opened on this machine.
    Missing {
        /// The error.
        reason: String,
        /// What to install.
        remedy: String,
    },
    /// The program crashed.
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
        /// The limit in seconds.
        seconds: u64,
        /// The case that had begun last.
        during: Option<Place>,
    },
    /// Lines are missing or contradictory, so checks may be missing.
    Incomplete {
        /// What is missing or contradictory.
        why: String,
    },
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Normally, with this exit code.
    Exited(i32),
    /// By a signal, given as name and number: `SIGSEGV (11)`.
    Signal(String),
    /// Killed at this time limit.
    TimedOut(Duration),
}

impl Outcome {
    /// The case that was running when the subject crashed or timed out.
    pub fn during(&self) -> Option<&Place> {
        match self {
            Self::Crashed { during, .. } | Self::TimedOut { during, .. } => during.as_ref(),
            _ => None,
        }
    }

    /// Describes the problem; `None` for [`Outcome::Finished`].
    pub fn problem(&self) -> Option<String> {
        let place = self.during().map_or_else(
            || ", before the first case began".into(),
            |place| format!(" in {} of {}, the case that had begun last", place.case, place.rung),
        );
        match self {
            Self::Finished => None,
            Self::Missing { reason, remedy } => Some(format!("missing: {reason}\n    {remedy}")),
            Self::Crashed { how, last_words, .. } => {
                let indented: String = last_words.lines().map(|line| format!("\n    | {line}")).collect();
                Some(format!("crashed with {how}{place}{indented}"))
            }
            Self::TimedOut { seconds, .. } => {
                Some(format!("killed after {seconds} s{place}; `--timeout` gives it longer"))
            }
            Self::Incomplete { why } => Some(format!("not to be believed: {why}")),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Windows reports a crash as a code such as 0xC0000005, an access violation.
            Self::Exited(code) if *code < 0 => write!(f, "exit code {code:#X}"),
            Self::Exited(code) => write!(f, "exit code {code}"),
            Self::Signal(name) => f.write_str(name),
            Self::TimedOut(limit) => write!(f, "no end within {} s", limit.as_secs()),
        }
    }
}
