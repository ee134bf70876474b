//! The status of a check, from the measured error and the rung.

use crate::Rung;
use crate::compare::Measure;
use lenet_report::conformance::Status;

/// Largest multiple of the soft bound that is attributed to rounding. It corresponds to λ = 16, which
/// independent rounding errors exceed with a probability below 1e-50.
const MAX_SOFT_SHARE: f64 = 4.0;

/// Status of a measured error, and a sentence that explains it.
///
/// For the last layers the hard bound is hundreds of times the error of a correct computation. Therefore an
/// error that exceeds the soft bound by far fails, too, up to [`Rung::Gradients`]. On higher rungs rounding
/// errors are not independent: an optimizer rounds its settings in the same direction at every step.
pub(crate) fn judge(measure: &Measure, rung: Rung) -> (Status, String) {
    let Measure { comparison, outside, .. } = measure;
    let numbers = comparison.numbers;
    if let Some((found, expected)) = &measure.shapes {
        return (Status::Fail, format!("the shape is {found:?}, expected {expected:?}"));
    }
    if *outside > 0 {
        return (Status::Fail, format!("{outside} of {numbers} numbers are outside their hard bound"));
    }
    if comparison.incomparable > 0 {
        let detail = format!("{} of {numbers} numbers have no finite bound", comparison.incomparable);
        return (Status::NotComparable, detail);
    }
    let improbable = comparison.soft > MAX_SOFT_SHARE && rung <= Rung::Gradients;
    if improbable {
        return (
            Status::Fail,
            format!("{:.1} times the probable error: too large for rounding", comparison.soft),
        );
    }
    if comparison.soft > 1.0 {
        return (Status::Warn, format!("{:.1} times the probable error", comparison.soft));
    }
    (Status::Pass, String::new())
}
