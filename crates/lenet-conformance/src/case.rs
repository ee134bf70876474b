//! [`Case`]: one piece of work for a subject, and [`Findings`]: what came of it.

use burn::tensor::Tensor;

use crate::compare::{Measure, measure};
use crate::protocol::{Check, Curve, Number, Series, Status, Worst};
use crate::{Array, Error, Rung, Subject};
use lenet_oracle as oracle;

type Body = Box<dyn Fn(&Subject, &mut Findings) -> Result<(), Error>>;

/// A piece of work for a subject: compute something and compare it. What the oracle computes for it is computed once,
/// however many subjects are compared.
pub struct Case {
    /// Its rung.
    pub rung: Rung,
    /// Its name, unique in the rung, such as `conv1/batch3/random`.
    pub name: String,
    body: Body,
}

/// What came of a case.
pub struct Findings {
    rung: Rung,
    case: String,
    /// The comparisons, in order.
    pub checks: Vec<Finding>,
    /// What is to be plotted.
    pub curves: Vec<Curve>,
    /// Input tensors by name, for the replay file.
    pub inputs: Vec<(String, Array)>,
}

/// A comparison with what it was made of.
pub struct Finding {
    /// What is reported.
    pub check: Check,
    /// The measure of the error, if numbers were compared.
    pub measure: Option<Measure>,
    /// What the subject computed.
    pub found: Option<Array>,
    /// What the oracle computed.
    pub expected: Option<oracle::Tensor>,
}

/// The vertical axis of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// For numbers of one size.
    Linear,
    /// For numbers of many sizes.
    Logarithmic,
}

impl Case {
    /// A case that does `body`.
    pub fn new(
        rung: Rung,
        name: impl Into<String>,
        body: impl Fn(&Subject, &mut Findings) -> Result<(), Error> + 'static,
    ) -> Self {
        Self { rung, name: name.into(), body: Box::new(body) }
    }

    /// Does it. An error is a failed check of its own.
    pub fn run(&self, subject: &Subject) -> Findings {
        let mut findings = Findings::new(self.rung, &self.name);
        if let Err(error) = (self.body)(subject, &mut findings) {
            findings.verdict("error", Status::Fail, error.to_string());
        }
        findings
    }
}

impl Findings {
    pub(crate) fn new(rung: Rung, case: &str) -> Self {
        let case = case.to_owned();
        Self { rung, case, checks: Vec::new(), curves: Vec::new(), inputs: Vec::new() }
    }

    /// Notes an input for the replay file.
    pub fn input(&mut self, name: &str, array: &Array) {
        self.inputs.push((name.to_owned(), array.clone()));
    }

    /// Compares a tensor of the subject with what the oracle computed, number by number.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn compare<const D: usize>(
        &mut self,
        quantity: &str,
        found: Tensor<D>,
        expected: &oracle::Tensor,
    ) -> Result<(), Error> {
        self.compare_array(quantity, Array::read(found)?, expected);
        Ok(())
    }

    /// [`compare`](Self::compare) of numbers that are on the host already.
    pub fn compare_array(&mut self, quantity: &str, found: Array, expected: &oracle::Tensor) {
        let measure = measure(&found, expected);
        let (status, detail) = judge(&measure, self.rung);
        self.push(quantity, status, detail, Some(measure), Some(found), Some(expected.clone()));
    }

    /// Demands that a tensor is equal to `expected`, bit for bit but for the sign of zero. NaN equals NaN.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn exact<const D: usize>(
        &mut self,
        quantity: &str,
        found: Tensor<D>,
        expected: &Array,
    ) -> Result<(), Error> {
        self.compare(quantity, found, &expected.to_oracle())
    }

    /// A check without numbers.
    pub fn verdict(&mut self, quantity: &str, status: Status, detail: impl Into<String>) {
        self.push(quantity, status, detail.into(), None, None, None);
    }

    /// Numbers to plot.
    pub fn curve(&mut self, title: &str, y: &'static str, axis: Axis, series: Vec<(String, Vec<f64>)>) {
        let line = |(name, values): (String, Vec<f64>)| Series {
            name,
            values: values.into_iter().map(Number).collect(),
        };
        let series = series.into_iter().map(line).collect();
        let (rung, case) = (self.rung, self.case.clone());
        let log = axis == Axis::Logarithmic;
        self.curves.push(Curve { rung, case, title: title.to_owned(), x: "step", y, log, series });
    }

    /// Takes over what came of another case.
    pub(crate) fn take(&mut self, other: Self) {
        for mut finding in other.checks {
            finding.check.rung = self.rung;
            finding.check.case.clone_from(&self.case);
            self.checks.push(finding);
        }
        self.inputs.extend(other.inputs);
    }

    /// Whether a check failed.
    pub fn failed(&self) -> bool {
        self.checks.iter().any(|finding| finding.check.status == Status::Fail)
    }

    fn push(
        &mut self,
        quantity: &str,
        status: Status,
        detail: String,
        measure: Option<Measure>,
        found: Option<Array>,
        expected: Option<oracle::Tensor>,
    ) {
        let number = |value: fn(&Measure) -> f64| measure.as_ref().map(|measure| Number(value(measure)));
        let comparison = measure.as_ref().map(|measure| measure.comparison);
        let shape = found.as_ref().map_or(&[][..], |found| &found.shape);
        let worst = comparison.and_then(|comparison| comparison.worst).map(|worst| Worst {
            index: Array::index(shape, worst.index),
            value: Number(worst.found),
            expected: Number(worst.expected.value),
            bound: Number(worst.expected.hard),
        });
        let check = Check {
            rung: self.rung,
            case: self.case.clone(),
            quantity: quantity.to_owned(),
            status,
            share: number(|measure| measure.comparison.hard),
            soft_share: number(|measure| measure.comparison.soft),
            rms_share: number(|measure| measure.rms_share),
            worst,
            numbers: comparison.map_or(0, |comparison| comparison.numbers),
            bit_equal: measure.as_ref().is_some_and(|measure| measure.bit_equal),
            detail,
            replay: None,
        };
        self.checks.push(Finding { check, measure, found, expected });
    }
}

/// So many times the probable error, no roundings conspire to: λ is 16, which rounding errors that are independent
/// exceed with a probability below 1e-50.
const IMPROBABLE: f64 = 4.0;

/// The status of a measured error and the sentence that explains it.
///
/// The hard bound of the network's last numbers is hundreds of times the error that a correct computation has. So up to
/// the gradients an improbable error fails, too. Beyond them the errors are not independent: an optimizer's settings
/// are rounded to the same side in every step.
fn judge(measure: &Measure, rung: Rung) -> (Status, String) {
    let Measure { comparison, outside, .. } = measure;
    let numbers = comparison.numbers;
    if let Some((found, expected)) = &measure.shapes {
        return (Status::Fail, format!("the shape is {found:?}, not {expected:?}"));
    }
    if *outside > 0 {
        return (Status::Fail, format!("{outside} of {numbers} numbers are outside their hard bound"));
    }
    if comparison.incomparable > 0 {
        let detail = format!("{} of {numbers} numbers have no finite bound", comparison.incomparable);
        return (Status::NotComparable, detail);
    }
    let improbable = comparison.soft > IMPROBABLE && rung <= Rung::Gradients;
    if improbable {
        return (
            Status::Fail,
            format!("{:.1} times the probable error: no rounding does that", comparison.soft),
        );
    }
    if comparison.soft > 1.0 {
        return (Status::Warn, format!("{:.1} times the probable error", comparison.soft));
    }
    (Status::Pass, String::new())
}
