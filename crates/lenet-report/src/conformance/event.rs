//! The lines that the program `lenet-conformance` prints: one JSON object each, with the key `event`.
//!
//! A run that was cut short, by a crash or from outside, ends without [`Event::End`]; the last [`Event::Begin`] names the
//! case in which it ended. Numbers that JSON cannot hold are the strings `NaN`, `Infinity` and `-Infinity`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

/// Version of these records. A reader refuses records of another version.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// First line of a run: the subject and its machine.
    Subject(About),
    /// The subject cannot be opened; the program exits with code 2.
    Unavailable(Unavailable),
    /// A case begins. If the program dies, it died in this case.
    Begin(Place),
    /// One quantity of a case was compared.
    Check(Check),
    /// Values to plot.
    Curve(Curve),
    /// Last line of a complete run.
    End(End),
    /// A subject, rung or case that can be chosen.
    Listed(Listed),
    /// A planted bug and the rung that caught it.
    Mutant(Mutant),
    /// An event that this version does not know.
    #[serde(other)]
    Unknown,
}

/// A subject and the machine it runs on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct About {
    /// [`VERSION`].
    pub protocol: u32,
    /// Name of the subject.
    pub subject: String,
    /// `flex`, `ndarray` or `wgpu`.
    pub backend: String,
    /// `fused` or `stock`.
    pub operations: String,
    /// Float type of the computation: `f32` or `f64`.
    pub precision: String,
    /// Name, kind, graphics API and driver of the adapter, for a backend that has one.
    pub adapter: Option<String>,
    /// Float types that the device supports.
    pub dtypes: Vec<String>,
    /// Memory of the device, as Burn describes it.
    pub memory: Option<String>,
    /// Versions of the libraries that compute, by name.
    pub versions: BTreeMap<String, String>,
    /// Cargo features of the build that choose backends.
    pub features: Vec<String>,
    /// Architecture, operating system, number of threads.
    pub machine: String,
    /// Seed of the random inputs.
    pub seed: u64,
    /// Whether the short ladder runs.
    pub quick: bool,
}

/// Why a subject cannot be opened, and how to change that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Unavailable {
    /// Name of the subject.
    #[serde(default)]
    pub subject: String,
    /// The error.
    pub reason: String,
    /// What to install or which feature to build with; empty if nothing is known to help.
    #[serde(default)]
    pub remedy: String,
}

/// A case on a rung.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Place {
    /// Name of the rung.
    pub rung: String,
    /// Name of the case, unique on its rung.
    pub case: String,
}

/// One compared quantity of a case.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Check {
    /// Name of the rung.
    pub rung: String,
    /// Name of the case.
    pub case: String,
    /// Name of the tensor or value: `y`, `conv1.weight.grad`, …
    #[serde(default)]
    pub quantity: String,
    /// Outcome of the comparison.
    pub status: Status,
    /// Largest |value − expected| / hard bound; at most 1 passes. `None` if no numbers were compared.
    #[serde(default)]
    pub share: Option<Number>,
    /// Largest |value − expected| / soft bound, the error that independent roundings would make.
    #[serde(default)]
    pub soft_share: Option<Number>,
    /// Root mean square of |value − expected| / hard bound.
    #[serde(default)]
    pub rms_share: Option<Number>,
    /// The number with the largest share of its hard bound.
    #[serde(default)]
    pub worst: Option<Worst>,
    /// Number of compared numbers.
    #[serde(default)]
    pub numbers: u64,
    /// Whether every number equals the expected one, rounded to the subject's type.
    #[serde(default)]
    pub bit_equal: bool,
    /// An explanation in words; may be empty.
    #[serde(default)]
    pub detail: String,
    /// File that repeats the case.
    #[serde(default)]
    pub replay: Option<String>,
}

/// Outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Within the bounds.
    Pass,
    /// Within the hard bound but beyond the soft one, or a behaviour that is reported and not required.
    Warn,
    /// Beyond the hard bound, or wrong in another way.
    Fail,
    /// The sign of a ReLU input or the winner of a pool window is closer than the rounding error, so that a correct
    /// backend may take either side. Does not count as passed.
    NotComparable,
    /// The subject does not have the operation or type.
    Unsupported,
    /// A lower rung failed.
    Skipped,
}

/// The number of a quantity with the largest share of its bound.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Worst {
    /// Its index in the tensor.
    #[serde(default)]
    pub index: Vec<usize>,
    /// Value computed by the subject.
    pub value: Number,
    /// Value computed by the oracle.
    pub expected: Number,
    /// Maximum allowed absolute difference.
    pub bound: Number,
}

/// Lines of one plot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Curve {
    /// Name of the rung.
    pub rung: String,
    /// Name of the case.
    pub case: String,
    /// What the plot shows.
    pub title: String,
    /// Label of the horizontal axis, which starts at 1.
    pub x: String,
    /// Label of the vertical axis.
    pub y: String,
    /// Whether the vertical axis is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// The lines. One named `band` is the limit below which the others should stay.
    pub series: Vec<Series>,
}

/// One line of a plot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its values at x = 1, 2, …
    pub values: Vec<Number>,
}

/// Number of checks by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Tally {
    /// Number of checks with [`Status::Pass`].
    pub pass: u64,
    /// Number of checks with [`Status::Warn`].
    pub warn: u64,
    /// Number of checks with [`Status::Fail`].
    pub fail: u64,
    /// Number of checks with [`Status::NotComparable`].
    pub not_comparable: u64,
    /// Number of checks with [`Status::Unsupported`].
    pub unsupported: u64,
    /// Number of checks with [`Status::Skipped`].
    pub skipped: u64,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct End {
    /// Number of its checks by status.
    #[serde(flatten)]
    pub tally: Tally,
    /// Time since the program started, in seconds.
    #[serde(default)]
    pub seconds: f64,
}

/// Something that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Listed {
    /// `subject`, `rung` or `case`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Rung of a case; empty for the other kinds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rung: String,
    /// Whether the build has the subject; `None` for the other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<bool>,
    /// An explanation in words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A planted bug and the rung that caught it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub what: String,
    /// The rung that should fail first.
    pub expected_rung: String,
    /// Whether that rung failed first.
    pub status: Fate,
    /// The rung that failed first.
    #[serde(default)]
    pub rung: Option<String>,
    /// The first case that failed.
    #[serde(default)]
    pub case: Option<String>,
    /// Its first quantity that failed.
    #[serde(default)]
    pub quantity: Option<String>,
    /// The share of its hard bound that this quantity used.
    #[serde(default)]
    pub share: Option<Number>,
}

/// Whether a planted bug was caught.
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

impl Event {
    /// Writes the event as one line and flushes, so that a reader has the line even if the next case kills the program.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

impl Tally {
    /// Counts one check.
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

    /// Counts `checks`.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut tally = Self::default();
        checks.into_iter().for_each(|check| tally.add(check.status));
        tally
    }

    /// Number of checks in which something was compared.
    pub fn compared(&self) -> u64 {
        self.pass + self.warn + self.fail
    }
}

/// A number that may be NaN or infinite: in JSON it is then the string `NaN`, `Infinity` or `-Infinity`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Number(pub f64);

/// A [`Number`] in JSON.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Name(String),
}

impl TryFrom<Written> for Number {
    type Error = std::num::ParseFloatError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Ok(Self(match written {
            Written::Number(number) => number,
            Written::Name(name) => name.parse()?,
        }))
    }
}

impl From<Number> for Written {
    fn from(Number(number): Number) -> Self {
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
        let numbers: Vec<Number> = serde_json::from_str(text).unwrap();
        assert_eq!(numbers[1], Number(f64::INFINITY));
        assert!(numbers[3].0.is_nan());
        assert_eq!(serde_json::to_string(&numbers).unwrap(), text);
        assert!(serde_json::from_str::<Number>(r#""much""#).is_err());
    }

    #[test]
    fn events_and_fields_of_a_newer_program_are_ignored() {
        let event: Event = serde_json::from_str(r#"{"event":"weather","sun":true}"#).unwrap();
        assert!(matches!(event, Event::Unknown));
        let text = r#"{"event":"begin","rung":"probe","case":"adapter","mood":"good"}"#;
        assert!(matches!(serde_json::from_str(text).unwrap(), Event::Begin(_)));
    }

    #[test]
    fn an_event_is_one_line_with_its_name_first() {
        let mut out = Vec::new();
        let begin = Place { rung: "ops-forward".into(), case: "conv1/batch3/random".into() };
        Event::Begin(begin).write(&mut out).unwrap();
        let expected = "{\"event\":\"begin\",\"rung\":\"ops-forward\",\"case\":\"conv1/batch3/random\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn an_unavailable_subject_keeps_its_remedy() {
        let unavailable = Unavailable {
            subject: "wgpu".into(),
            reason: "no adapter".into(),
            remedy: "install a driver".into(),
        };
        let line = serde_json::to_string(&Event::Unavailable(unavailable.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), Event::Unavailable(unavailable));
    }
}
