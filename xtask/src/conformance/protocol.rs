//! What `lenet-conformance` prints: one JSON object a line, each with an `event`. Its crate's `protocol.rs` says more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the protocol that is read here.
pub const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First of all: what is tested.
    Subject(About),
    /// It cannot be had here.
    Unavailable(Unavailable),
    /// A case begins. If the program dies, it died here.
    Begin(Place),
    /// One quantity of a case was compared.
    Check(Check),
    /// Something to plot.
    Curve(Curve),
    /// The last line of a run that was not cut short.
    End(Tally),
    /// A subject, rung or case there is.
    Listed(Listed),
    /// A planted bug, and who caught it.
    Mutant(Mutant),
    /// Something newer than this reader.
    #[serde(other)]
    Unknown,
}

/// What a program says of the subject it tests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct About {
    /// Version of the protocol.
    pub protocol: u32,
    /// Its name.
    pub subject: String,
    /// flex, ndarray or wgpu.
    pub backend: String,
    /// `fused` or `stock`.
    pub operations: String,
    /// Type of its numbers.
    pub precision: String,
    /// Graphics adapter and driver, where there is one.
    pub adapter: Option<String>,
    /// Types it can compute in.
    pub dtypes: Vec<String>,
    /// What it says of its memory.
    pub memory: Option<String>,
    /// Versions by name.
    pub versions: BTreeMap<String, String>,
    /// Features it was built with.
    pub features: Vec<String>,
    /// The processor.
    pub machine: String,
    /// Seed of the random inputs.
    pub seed: u64,
    /// Whether it is the short ladder.
    pub quick: bool,
}

/// Why a subject cannot be had, and what to do.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Unavailable {
    /// The error.
    pub reason: String,
    /// What to install.
    #[serde(default)]
    pub remedy: String,
}

/// A case on a rung.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Place {
    /// The rung.
    pub rung: String,
    /// The case.
    pub case: String,
}

/// One compared quantity.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Check {
    /// The rung.
    pub rung: String,
    /// The case.
    pub case: String,
    /// Which of the case's results.
    #[serde(default)]
    pub quantity: String,
    /// What came of it.
    pub status: Status,
    /// Worst |value − expected| / hard bound; at most 1 passes.
    #[serde(default)]
    pub share: Option<Real>,
    /// The same against the probabilistic bound.
    #[serde(default)]
    pub soft_share: Option<Real>,
    /// Root mean square of error / bound.
    #[serde(default)]
    pub rms_share: Option<Real>,
    /// Where the worst is.
    #[serde(default)]
    pub worst: Option<Worst>,
    /// How many numbers were compared.
    #[serde(default)]
    pub numbers: u64,
    /// Whether all of them have the expected bits.
    #[serde(default)]
    pub bit_equal: bool,
    /// A sentence for people; may be empty.
    #[serde(default)]
    pub detail: String,
    /// File that repeats it.
    #[serde(default)]
    pub replay: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Within the hard bound.
    Pass,
    /// Within the hard bound, but beyond the likely one.
    Warn,
    /// Beyond the hard bound, or wrong in another way.
    Fail,
    /// The inputs are too close to a kink. Never counts as passed.
    NotComparable,
    /// The subject does not have it.
    Unsupported,
    /// A lower rung failed.
    Skipped,
}

/// The number farthest from what was expected.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Worst {
    /// Where it is in its tensor.
    #[serde(default)]
    pub index: Vec<usize>,
    /// What came out.
    pub value: Real,
    /// What should have.
    pub expected: Real,
    /// How far apart they may be.
    pub bound: Real,
}

/// Lines to plot together.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Curve {
    /// The rung.
    pub rung: String,
    /// The case.
    pub case: String,
    /// What is seen.
    pub title: String,
    /// The horizontal axis, which starts at 1.
    pub x: String,
    /// The vertical axis.
    pub y: String,
    /// Whether that is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// The lines; one that is called `band` is what the others should stay below.
    pub series: Vec<Series>,
}

/// A line of a plot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<Real>,
}

/// How many checks came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Tally {
    pub pass: u64,
    pub warn: u64,
    pub fail: u64,
    pub not_comparable: u64,
    pub unsupported: u64,
    pub skipped: u64,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    /// `subject`, `rung` or `case`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Of a case: its rung.
    #[serde(default)]
    pub rung: String,
    /// Of a subject: whether it is in this build.
    pub available: Option<bool>,
    /// A sentence for people.
    #[serde(default)]
    pub detail: String,
}

/// A planted bug.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub what: String,
    /// Who should catch it.
    pub expected_rung: String,
    /// Whether that happened.
    pub status: Fate,
    /// Who caught it first.
    #[serde(default)]
    pub rung: Option<String>,
    /// In which case.
    #[serde(default)]
    pub case: Option<String>,
    /// By which quantity.
    #[serde(default)]
    pub quantity: Option<String>,
    /// How far it was beyond the bound.
    #[serde(default)]
    pub share: Option<Real>,
}

/// What became of a planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The expected rung failed first.
    Killed,
    /// Another rung failed first.
    WrongRung,
    /// Nothing failed.
    Survived,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Pass => &mut self.pass,
            Status::Warn => &mut self.warn,
            Status::Fail => &mut self.fail,
            Status::NotComparable => &mut self.not_comparable,
            Status::Unsupported => &mut self.unsupported,
            Status::Skipped => &mut self.skipped,
        } += 1;
    }

    /// Of these checks.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut tally = Self::default();
        checks.into_iter().for_each(|check| tally.add(check.status));
        tally
    }

    /// Checks in which something was compared.
    pub fn compared(&self) -> u64 {
        self.pass + self.warn + self.fail
    }
}

/// A number that may be NaN or infinite, which JSON has no words for: it is then the string `NaN`, `Infinity` or
/// `-Infinity`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Real(pub f64);

/// A [`Real`] as JSON has it.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Name(String),
}

impl TryFrom<Written> for Real {
    type Error = std::num::ParseFloatError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Self(match written {
            Written::Number(number) => number,
            Written::Name(name) => name.parse()?,
        }))
    }
}

impl From<Real> for Written {
    fn from(Real(number): Real) -> Self {
        match number {
            f64::INFINITY => Self::Name("Infinity".into()),
            f64::NEG_INFINITY => Self::Name("-Infinity".into()),
            number if number.is_nan() => Self::Name("NaN".into()),
            number => Self::Number(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_cannot_hold_are_strings() {
        let text = r#"[0.25,"Infinity","-Infinity","NaN"]"#;
        let numbers: Vec<Real> = serde_json::from_str(text).unwrap();
        assert_eq!(numbers[1], Real(f64::INFINITY));
        assert!(numbers[3].0.is_nan());
        assert_eq!(serde_json::to_string(&numbers).unwrap(), text);
        assert!(serde_json::from_str::<Real>(r#""much""#).is_err());
    }

    #[test]
    fn events_and_fields_of_a_newer_program_are_ignored() {
        let event: Event = serde_json::from_str(r#"{"event":"weather","sun":true}"#).unwrap();
        assert!(matches!(event, Event::Unknown));
        let text = r#"{"event":"begin","rung":"probe","case":"adapter","mood":"good"}"#;
        assert!(matches!(serde_json::from_str(text).unwrap(), Event::Begin(_)));
    }
}
