//! [`Findings`]: the checks, curves and inputs of one case.

use burn::tensor::Tensor;
use lenet_oracle as oracle;

use crate::compare::{Measure, measure};
use crate::judge::judge;
use crate::{Array, Error, Rung};
use lenet_report::conformance::{Check, Curve, Number, Place, Series, Status, Worst};

/// The results of one case on one subject.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Findings {
    rung: Rung,
    case: String,
    /// Checks, in the order in which they were made.
    pub checks: Vec<Finding>,
    /// Curves to plot.
    pub curves: Vec<Curve>,
    /// Names and values of the input tensors, for the replay file.
    pub inputs: Vec<(String, Array)>,
}

/// A check, with the numbers that were compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The check as it is reported.
    pub check: Check,
    /// Error of the result; `None` if no numbers were compared.
    pub measure: Option<Measure>,
    /// Result of the subject; `None` if no numbers were compared.
    pub found: Option<Array>,
    /// Result of the oracle; `None` if no numbers were compared.
    pub expected: Option<oracle::Tensor>,
}

/// Scale of the vertical axis of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Axis {
    /// Linear scale.
    Linear,
    /// Logarithmic scale, for values that span orders of magnitude.
    Logarithmic,
}

impl Findings {
    pub(crate) fn new(rung: Rung, case: &str) -> Self {
        let case = case.to_owned();
        Self { rung, case, checks: Vec::new(), curves: Vec::new(), inputs: Vec::new() }
    }

    /// Records an input tensor for the replay file.
    pub fn input(&mut self, name: &str, array: &Array) {
        self.inputs.push((name.to_owned(), array.clone()));
    }

    /// Compares a tensor of the subject with the oracle's, element by element, and records the check.
    ///
    /// # Errors
    /// [`Error::Read`] if the device does not return the tensor.
    pub fn compare<const D: usize>(
        &mut self,
        quantity: &str,
        found: Tensor<D>,
        expected: &oracle::Tensor,
    ) -> Result<(), Error> {
        self.compare_array(quantity, Array::read(found)?, expected);
        Ok(())
    }

    /// As [`compare`](Self::compare), for values that are on the host already.
    pub fn compare_array(&mut self, quantity: &str, found: Array, expected: &oracle::Tensor) {
        let measure = measure(&found, expected);
        let (status, detail) = judge(&measure, self.rung);
        self.push(quantity, status, detail, Some(measure), Some(found), Some(expected.clone()));
    }

    /// Requires that a tensor equals `expected` exactly. NaN equals NaN, and 0 equals −0.
    ///
    /// # Errors
    /// [`Error::Read`] if the device does not return the tensor.
    pub fn compare_exact<const D: usize>(
        &mut self,
        quantity: &str,
        found: Tensor<D>,
        expected: &Array,
    ) -> Result<(), Error> {
        self.compare(quantity, found, &expected.to_oracle())
    }

    /// Records a check that compares no numbers.
    pub fn verdict(&mut self, quantity: &str, status: Status, detail: impl Into<String>) {
        self.push(quantity, status, detail.into(), None, None, None);
    }

    /// Records a curve: `series` are pairs of a name and one value for each step.
    pub fn curve(&mut self, title: &str, y: &'static str, axis: Axis, series: Vec<(String, Vec<f64>)>) {
        let line = |(name, values): (String, Vec<f64>)| Series {
            name,
            values: values.into_iter().map(Number).collect(),
        };
        let series = series.into_iter().map(line).collect();
        let mut curve = Curve::new(self.place(), title, y);
        (curve.log, curve.series) = (axis == Axis::Logarithmic, series);
        self.curves.push(curve);
    }

    /// Appends the checks and inputs of another case, under this case's rung and name.
    pub(crate) fn extend(&mut self, other: Self) {
        for mut finding in other.checks {
            finding.check.rung = self.rung.to_string();
            finding.check.case.clone_from(&self.case);
            self.checks.push(finding);
        }
        self.inputs.extend(other.inputs);
    }

    /// Whether any check failed.
    pub fn failed(&self) -> bool {
        self.checks.iter().any(|finding| finding.check.status == Status::Fail)
    }

    fn place(&self) -> Place {
        Place { rung: self.rung.to_string(), case: self.case.clone() }
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
            index: Array::unravel_index(shape, worst.index),
            value: Number(worst.found),
            expected: Number(worst.expected.value),
            bound: Number(worst.expected.hard),
        });
        let mut check = Check::new(self.place(), quantity, status);
        check.share = number(|measure| measure.comparison.hard);
        check.soft_share = number(|measure| measure.comparison.soft);
        check.rms_share = number(|measure| measure.rms_share);
        check.worst = worst;
        check.numbers = comparison.map_or(0, |comparison| comparison.numbers as u64);
        check.bit_equal = measure.as_ref().is_some_and(|measure| measure.bit_equal);
        check.detail = detail;
        self.checks.push(Finding { check, measure, found, expected });
    }
}
