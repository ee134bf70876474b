//! What the program prints: one JSON object a line. A program that reads it needs no crate of this workspace.
//!
//! Every object has the key `event`. Numbers that JSON does not have are the strings `NaN`, `Infinity` and
//! `-Infinity`. A run that was cut short, by a crash or from outside, ends without [`Event::End`]; the last
//! [`Event::Begin`] says in which case.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::Rung;

/// The version of this protocol, raised when a reader of the last one would misread it.
pub const VERSION: u32 = 1;

/// A line of output.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first line of a run: what is about to be measured.
    Subject(SubjectInfo),
    /// The subject cannot be had; the program exits with 2.
    Unavailable {
        /// What was asked for.
        subject: String,
        /// Why not.
        reason: String,
    },
    /// A case begins.
    Begin {
        /// Its rung.
        rung: Rung,
        /// Its name, unique in the rung.
        case: String,
    },
    /// A quantity was compared.
    Check(Check),
    /// Numbers to plot.
    Curve(Curve),
    /// The run is over.
    End(Totals),
    /// Something that exists: a subject, a rung or a case.
    Listed {
        /// `subject`, `rung` or `case`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The rung of a case.
        #[serde(skip_serializing_if = "Option::is_none")]
        rung: Option<Rung>,
        /// Whether this build has the subject.
        #[serde(skip_serializing_if = "Option::is_none")]
        available: Option<bool>,
        /// A sentence on it.
        #[serde(skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    /// A planted bug and what became of it.
    Mutant(Mutant),
}

/// A subject and the machine it runs on.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectInfo {
    /// [`VERSION`].
    pub protocol: u32,
    /// Its name.
    pub subject: String,
    /// `flex`, `ndarray` or `wgpu`.
    pub backend: String,
    /// `fused` or `stock`.
    pub operations: &'static str,
    /// `f32` or `f64`.
    pub precision: &'static str,
    /// Name, kind, graphics API and driver of the adapter.
    pub adapter: Option<String>,
    /// The float types that the device has.
    pub dtypes: Vec<&'static str>,
    /// What Burn says of the device's memory.
    pub memory: Option<String>,
    /// Versions of what computes.
    pub versions: BTreeMap<&'static str, &'static str>,
    /// Features of this build that choose backends.
    pub features: Vec<&'static str>,
    /// Architecture, operating system, threads.
    pub machine: String,
    /// The seed of the random inputs.
    pub seed: u64,
    /// Whether this is the short ladder.
    pub quick: bool,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Within the bounds.
    Pass,
    /// Within the hard bound, but not as good as it should be; or a behaviour that is reported, not required.
    Warn,
    /// Outside the hard bound.
    Fail,
    /// A decision (the sign of a ReLU, the winner of a pool window) is closer than the rounding error, so that
    /// a correct backend may take either side.
    NotComparable,
    /// The subject does not have it.
    Unsupported,
    /// A lower rung failed.
    Skipped,
}

/// One compared quantity of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The rung of the case.
    pub rung: Rung,
    /// The name of the case.
    pub case: String,
    /// What was compared: `y`, `conv1.weight.grad`, …
    pub quantity: String,
    /// What it came to.
    pub status: Status,
    /// The largest share of the hard bound that an error used up; `None` if no numbers were compared.
    pub share: Option<Number>,
    /// The same of the probabilistic bound.
    pub soft_share: Option<Number>,
    /// The root mean square of the shares of the hard bound.
    pub rms_share: Option<Number>,
    /// Where the largest share is.
    pub worst: Option<Worst>,
    /// How many numbers were compared.
    pub numbers: usize,
    /// Whether every number is the expected one, rounded.
    pub bit_equal: bool,
    /// A sentence for people.
    pub detail: String,
    /// The file that repeats the case.
    pub replay: Option<PathBuf>,
}

/// The number of a quantity that used up most of its bound.
#[derive(Clone, Debug, Serialize)]
pub struct Worst {
    /// Its position.
    pub index: Vec<usize>,
    /// What the subject computed.
    pub value: Number,
    /// What the oracle computed.
    pub expected: Number,
    /// How far apart they may be.
    pub bound: Number,
}

/// Lines of a plot, the first point of each at x = 1.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// The rung of the case.
    pub rung: Rung,
    /// The name of the case.
    pub case: String,
    /// What is plotted.
    pub title: String,
    /// What the horizontal axis counts.
    pub x: &'static str,
    /// What the vertical axis measures.
    pub y: &'static str,
    /// Whether the vertical axis should be logarithmic.
    pub log: bool,
    /// The lines. One called `band` is where the others should stay below.
    pub series: Vec<Series>,
}

/// A line of a plot.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its points.
    pub values: Vec<Number>,
}

/// How many checks came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Number of [`Status::Pass`].
    pub pass: usize,
    /// Number of [`Status::Warn`].
    pub warn: usize,
    /// Number of [`Status::Fail`].
    pub fail: usize,
    /// Number of [`Status::NotComparable`].
    pub not_comparable: usize,
    /// Number of [`Status::Unsupported`].
    pub unsupported: usize,
    /// Number of [`Status::Skipped`].
    pub skipped: usize,
    /// Seconds since the program began.
    pub seconds: f64,
}

impl Totals {
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
}

/// A planted bug and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
    /// The rung that should fail first.
    pub expected_rung: Rung,
    /// `killed` by that rung, killed by the `wrong-rung`, or `survived`.
    pub status: Fate,
    /// The rung that failed first.
    pub rung: Option<Rung>,
    /// The first case that failed.
    pub case: Option<String>,
    /// Its first quantity that failed.
    pub quantity: Option<String>,
    /// The share of the bound that it used.
    pub share: Option<Number>,
}

/// What became of a planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The rung that should fail first did.
    Killed,
    /// Another rung failed first.
    WrongRung,
    /// Nothing failed.
    Survived,
}

/// A number that is written as a string where JSON has none for it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            finite if finite.is_finite() => serializer.serialize_f64(finite),
            nan if nan.is_nan() => serializer.serialize_str("NaN"),
            infinite if infinite > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

/// Writes `event` as a line and flushes, so that a reader has it even if the next case kills the program.
///
/// # Errors
/// What writing says.
pub fn write(out: &mut impl Write, event: &Event) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, event)?;
    out.write_all(b"\n")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_have_are_strings() {
        let line = |number| serde_json::to_string(&Number(number)).unwrap();
        assert_eq!(line(0.5), "0.5");
        assert_eq!([line(f64::NAN), line(f64::NEG_INFINITY)], ["\"NaN\"", "\"-Infinity\""]);
    }

    #[test]
    fn an_event_is_one_line_with_its_name_first() {
        let mut out = Vec::new();
        write(&mut out, &Event::Begin { rung: Rung::OpsForward, case: "conv1/batch3/random".to_owned() })
            .unwrap();
        let expected = "{\"event\":\"begin\",\"rung\":\"ops-forward\",\"case\":\"conv1/batch3/random\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
