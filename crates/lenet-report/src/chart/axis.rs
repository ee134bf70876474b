//! [`Axis`]: maps values to shares of an axis, and finds round numbers for its labels.

use super::round_step;
use crate::numbers;

/// A linear or logarithmic axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The ends: values, or powers of ten on a logarithmic axis.
    low: f64,
    high: f64,
    log: bool,
}

impl Axis {
    /// A linear axis from the smallest to the largest of the finite `values`.
    pub(super) fn linear(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = range(values.into_iter().filter(|value| value.is_finite()), (0.0, 1.0));
        Self { low, high, log: false }
    }

    /// A logarithmic axis over whole powers of ten that hold the positive `values`.
    pub(super) fn logarithmic(values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) = range(positive.map(f64::log10), (-1.0, 0.0));
        let (low, high) = (low.floor(), high.ceil());
        Self { low, high: if high > low { high } else { low + 1.0 }, log: true }
    }

    /// Share of the axis at `value`: 0 at the low end, 1 at the high end. `None` for a value that is not finite.
    /// On a logarithmic axis 0 lies at the low end.
    pub(super) fn share(&self, value: f64) -> Option<f64> {
        let level = match self.log {
            true if value > 0.0 => value.log10().max(self.low),
            true if value == 0.0 => self.low,
            true => return None,
            false => value,
        };
        level.is_finite().then(|| self.share_of_level(level))
    }

    /// About five shares with their labels: whole powers of ten on a logarithmic axis, else round numbers.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let range = self.high - self.low;
        if self.log {
            let every = (range / 4.0).ceil().max(1.0);
            let powers = (0..=range as u32).map(f64::from).filter(|power| power % every == 0.0);
            return powers.map(|power| (power / range, power_of_ten(self.low + power))).collect();
        }
        let few = self.multiples(round_step(range / 4.0));
        // One label alone says little of the scale.
        if few.len() > 1 { few } else { self.multiples(round_step(range / 8.0)) }
    }

    /// The multiples of `every` on a linear axis: their shares and labels.
    fn multiples(&self, every: f64) -> Vec<(f64, String)> {
        let digits = (-every.log10().floor()).max(0.0) as usize;
        let [first, last] = [(self.low / every - 1e-9).ceil(), (self.high / every + 1e-9).floor()];
        let count = (last - first).max(0.0) as u32;
        let levels = (0..=count).map(|tick| (first + f64::from(tick)) * every);
        levels.map(|level| (self.share_of_level(level), format!("{level:.digits$}"))).collect()
    }

    fn share_of_level(&self, level: f64) -> f64 {
        (level - self.low) / (self.high - self.low)
    }
}

/// 10 to a whole `power`, in digits if these are few.
fn power_of_ten(power: f64) -> String {
    match power {
        -3.0..0.0 => format!("{:.*}", -power as usize, 10f64.powf(power)),
        0.0..=4.0 => format!("{:.0}", 10f64.powf(power)),
        _ => format!("1e{power}"),
    }
}

/// The smallest and the largest value, which differ; `default` without values.
fn range(values: impl Iterator<Item = f64>, default: (f64, f64)) -> (f64, f64) {
    let (low, high) = numbers::range(values);
    match high - low {
        range if range > 0.0 => (low, high),
        0.0 => (low - 0.01 * low.abs().max(1e-9), low + 0.01 * low.abs().max(1e-9)),
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn labels_are_round_numbers_within_the_axis() {
        assert_eq!(labels(&Axis::linear([97.13, 99.2])), ["98", "99"]);
        assert_eq!(labels(&Axis::linear([98.58, 99.4])), ["98.6", "98.8", "99.0", "99.2", "99.4"]);
        assert_eq!(labels(&Axis::linear([99.05])), ["98.5", "99.0", "99.5", "100.0"]);
        assert_eq!(labels(&Axis::linear([0.0, 2580.0])), ["0", "1000", "2000"]);
        assert_eq!(labels(&Axis::logarithmic([0.02, 3.0])), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&Axis::logarithmic([2e-6, 0.4])), ["1e-6", "1e-4", "0.01", "1"]);
    }

    #[test]
    fn a_constant_lies_in_the_middle() {
        assert_eq!(Axis::linear([2.0, 2.0]).share(2.0), Some(0.5));
        assert_eq!(Axis::linear([0.0]).share(0.0), Some(0.5));
    }

    #[test]
    fn what_is_not_finite_has_no_place() {
        assert_eq!(Axis::linear([0.0, 1.0]).share(f64::NAN), None);
        assert_eq!(Axis::logarithmic([1.0]).share(-1.0), None);
    }
}
