//! The parts of a conformance run's records: subjects, checks, curves, planted bugs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::number::Number;

/// A subject and the machine it runs on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct About {
    /// Version of the records: [`VERSION`](super::VERSION).
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
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// The sign of a ReLU input or the winner of a pool window is closer than the rounding error, so that a
    /// correct backend may take either side. Does not count as passed.
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
#[non_exhaustive]
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

/// A subject, rung or case that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// Nothing failed, and nothing executed the bug: there is no such operation in what was tested.
    Unused,
}

impl Fate {
    /// How the bug counts among checks: a bug that nothing executed is none to be caught.
    pub fn status(self) -> Status {
        match self {
            Self::Killed => Status::Pass,
            Self::Unused => Status::Unsupported,
            Self::WrongRung | Self::Survived => Status::Fail,
        }
    }
}

impl Unavailable {
    /// `subject` cannot be opened, for this reason; `remedy` says what helps.
    pub fn new(subject: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject: subject.into(), reason: reason.into(), remedy: remedy.into() }
    }
}

impl Check {
    /// A comparison of `quantity` in the case at `place`. Its other fields say that no numbers were compared.
    pub fn new(place: Place, quantity: impl Into<String>, status: Status) -> Self {
        let Place { rung, case } = place;
        let (share, soft_share, rms_share, worst, replay) = Default::default();
        let (numbers, bit_equal, detail) = Default::default();
        let quantity = quantity.into();
        Self {
            rung,
            case,
            quantity,
            status,
            share,
            soft_share,
            rms_share,
            worst,
            numbers,
            bit_equal,
            detail,
            replay,
        }
    }
}

impl Curve {
    /// A plot of the case at `place` over steps, with linear axes and no lines.
    pub fn new(place: Place, title: impl Into<String>, y: impl Into<String>) -> Self {
        let Place { rung, case } = place;
        let (title, x, y) = (title.into(), "step".to_owned(), y.into());
        Self { rung, case, title, x, y, log: false, series: Vec::new() }
    }
}

impl Listed {
    /// A `subject`, `rung` or `case` of this name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), ..Self::default() }
    }
}

impl Mutant {
    /// A planted bug that survived so far.
    pub fn new(name: impl Into<String>, what: impl Into<String>, expected_rung: impl Into<String>) -> Self {
        let (rung, case, quantity, share) = Default::default();
        let (name, what, expected_rung) = (name.into(), what.into(), expected_rung.into());
        Self { name, what, expected_rung, status: Fate::Survived, rung, case, quantity, share }
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
