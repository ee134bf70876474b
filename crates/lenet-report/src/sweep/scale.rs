//! [`AccuracyScale`]: an axis of accuracies on which halving the errors is the same distance everywhere.

use crate::numbers::range;

/// Accuracies that are labelled if they lie on the axis.
const LABELS: [f64; 14] =
    [0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.994, 0.996, 0.998, 0.999, 0.9999];
/// Smallest share of errors that the axis tells from none.
const SMALLEST_ERROR: f64 = 1e-4;
/// Two labels are at least so far apart, as a share of the axis.
const APART: f64 = 0.09;

/// A logarithmic axis of the share of errors, with the smallest share at its high end.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccuracyScale {
    low: f64,
    high: f64,
}

impl AccuracyScale {
    /// An axis that holds the `accuracies`, each in 0..=1.
    pub(super) fn of(accuracies: impl IntoIterator<Item = f64>) -> Self {
        let levels = accuracies.into_iter().map(level);
        let (low, high) = range(levels);
        match high - low {
            length if length > 0.0 => Self { low: low - 0.04 * length, high: high + 0.04 * length },
            0.0 => Self { low: low - 0.5, high: high + 0.5 },
            _ => Self { low: level(0.9), high: level(0.99) },
        }
    }

    /// Share of the axis at an accuracy: 0 at the low end, 1 at the high end.
    pub(super) fn share(self, accuracy: f64) -> f64 {
        (level(accuracy) - self.low) / (self.high - self.low)
    }

    /// Shares of the axis with their labels, in percent.
    pub(super) fn ticks(self) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for accuracy in LABELS.into_iter().rev() {
            let share = self.share(accuracy);
            let is_apart = ticks.last().is_none_or(|(last, _)| last - share >= APART);
            if (0.0..=1.0).contains(&share) && is_apart {
                ticks.push((share, format!("{}\u{a0}%", (1e4 * accuracy).round() / 100.0)));
            }
        }
        ticks
    }
}

fn level(accuracy: f64) -> f64 {
    -(1.0 - accuracy).max(SMALLEST_ERROR).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_halving_of_the_errors_is_equally_far() {
        let scale = AccuracyScale::of([0.92, 0.98]);
        let [one, two, three] = [0.92, 0.96, 0.98].map(|accuracy| scale.share(accuracy));
        assert!((two - one - (three - two)).abs() < 1e-9 && one > 0.0 && three < 1.0);
        let labels: Vec<String> = scale.ticks().into_iter().map(|(_, text)| text).collect();
        assert_eq!(labels, ["98\u{a0}%", "97\u{a0}%", "95\u{a0}%"]);
    }

    #[test]
    fn equal_accuracies_or_none_have_an_axis() {
        assert_eq!(AccuracyScale::of([0.5, 0.5]).share(0.5), 0.5);
        assert!(AccuracyScale::of([1.0]).share(1.0).is_finite() && AccuracyScale::of([]).share(0.95) > 0.0);
    }
}
