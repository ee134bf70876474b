//! [`Contrasts`]: which of several groups differs from the others.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::student::Z_POWER;
use crate::numbers::median;

/// Probability that an effect is called one although all groups are alike: 5 % over all comparisons together.
const ALPHA: f64 = 0.05;

/// The mean of each group against the median of all groups, for groups that were measured with the same repetitions, such as seeds. What
/// a repetition adds to all groups, such as a lucky seed, drops out. The median is that of the groups without an effect, as long as
/// they are the majority.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Contrasts {
    /// For each group, its mean minus the median of the means of all groups.
    pub effects: Vec<f64>,
    /// Standard error of each effect.
    pub standard_error: f64,
    /// An effect whose magnitude is above this exceeds the noise: if all groups are alike, one of all comparisons does so with a
    /// probability of about 5 %.
    pub threshold: f64,
    /// Number of comparisons over which the 5 % are divided.
    comparisons: usize,
    /// Number of repetitions.
    repetitions: usize,
}

impl Contrasts {
    /// Contrasts of `values`, a row for each group with a value for each repetition. `comparisons` is the number of effects that are
    /// looked at together, those of other measurements included. `None` if there are fewer than three groups or two repetitions, or if
    /// the rows are not equally long.
    ///
    /// The noise is the residual of an analysis of variance with groups and repetitions as its two factors, with (g − 1)·(r − 1) degrees
    /// of freedom for g groups and r repetitions; the standard error is √(residual variance / r); the threshold is Student's quantile
    /// of 1 − 0.05 / (2 · comparisons), Bonferroni's correction, times the standard error. (R. A. Fisher, "Statistical Methods for
    /// Research Workers", 1925.) The quantile would be exact for a known reference; with the median, and all groups alike, the largest
    /// of g effects exceeded it in 4 to 6 % of simulated measurements with 3 to 20 groups.
    pub fn of(values: &[Vec<f64>], comparisons: usize) -> Option<Self> {
        let (groups, repetitions) = (values.len(), values.first()?.len());
        if groups < 3 || repetitions < 2 || values.iter().any(|row| row.len() != repetitions) {
            return None;
        }
        let (g, r) = (groups as f64, repetitions as f64);
        let of_groups: Vec<f64> = values.iter().map(|row| row.iter().sum::<f64>() / r).collect();
        let of_repetition = |index: usize| values.iter().map(|row| row[index]).sum::<f64>() / g;
        let of_repetitions: Vec<f64> = (0..repetitions).map(of_repetition).collect();
        let mean = of_groups.iter().sum::<f64>() / g;
        let residual = |(row, of_group): (&Vec<f64>, &f64)| {
            let pairs = row.iter().zip(&of_repetitions);
            pairs.map(|(value, of_repetition)| (value - of_group - of_repetition + mean).powi(2)).sum::<f64>()
        };
        let squares: f64 = values.iter().zip(&of_groups).map(residual).sum();
        let freedom = (g - 1.0) * (r - 1.0);
        let standard_error = (squares / freedom / r).sqrt();
        let reference = median(&of_groups)?;
        let effects = of_groups.iter().map(|own| own - reference).collect();
        let comparisons = comparisons.max(1);
        // The parameters are valid: a location of 0, a scale of 1, and at least one degree of freedom.
        let quantile = StudentsT::new(0.0, 1.0, freedom);
        let quantile = quantile.map_or(f64::NAN, |t| t.inverse_cdf(1.0 - ALPHA / (2.0 * comparisons as f64)));
        Some(Self { effects, standard_error, threshold: quantile * standard_error, comparisons, repetitions })
    }

    /// Whether the effect of a group exceeds the noise.
    pub fn exceeds_noise(&self, group: usize) -> bool {
        self.effects.get(group).is_some_and(|effect| effect.abs() > self.threshold)
    }

    /// About how many repetitions it takes to find an effect of this size with a probability of 80 %, by Guenther's formula, as
    /// [`pairs_to_detect`](super::pairs_to_detect).
    pub fn repetitions_to_detect(&self, effect: f64) -> u64 {
        let level = 1.0 - ALPHA / (2.0 * self.comparisons as f64);
        let z = Normal::new(0.0, 1.0).map_or(f64::NAN, |normal| normal.inverse_cdf(level));
        let of_one = self.standard_error * (self.repetitions as f64).sqrt();
        let repetitions = ((z + Z_POWER) * of_one / effect).powi(2) + z * z / 2.0;
        (repetitions.ceil() as u64).max(2) // Saturates.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand: the groups have the means 1, 2 and 6, the repetitions 2, 3 and 4, and the residuals are ±0.5 in two columns.
    #[test]
    fn effects_and_noise_are_those_of_an_analysis_of_variance() {
        let values = [vec![0.5, 1.0, 1.5], vec![0.5, 2.0, 3.5], vec![5.0, 6.0, 7.0]];
        let found = Contrasts::of(&values, 1).unwrap();
        assert_eq!(found.effects, [-1.0, 0.0, 4.0]);
        // Residuals 0.5, 0, -0.5; -0.5, 0, 0.5; 0, 0, 0: their squares add up to 1, over 4 degrees of freedom and 3 repetitions.
        assert!((found.standard_error - (1.0f64 / 12.0).sqrt()).abs() < 1e-12, "{found:?}");
        assert!((found.threshold / found.standard_error - 2.776).abs() < 5e-4, "{found:?}");
        assert!(
            found.exceeds_noise(0)
                && !found.exceeds_noise(1)
                && found.exceeds_noise(2)
                && !found.exceeds_noise(3)
        );
    }

    #[test]
    fn a_strong_group_gives_the_others_no_effect() {
        let values = [vec![50.0, 51.5, 50.0], vec![1.0, 2.0, 3.0], vec![1.5, 2.0, 2.5], vec![0.5, 2.1, 3.4]];
        let found = Contrasts::of(&values, 4).unwrap();
        let exceeding: Vec<usize> = (0..4).filter(|group| found.exceeds_noise(*group)).collect();
        assert_eq!(exceeding, [0], "{found:?}");
    }

    /// 2,000 measurements of 10 groups with 3 seeds, of sums of uniform numbers.
    #[test]
    fn of_groups_that_are_alike_few_exceed_the_noise() {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let mut measure = || {
            let values: Vec<Vec<f64>> = (0..10).map(|_| (0..3).map(|_| normal()).collect()).collect();
            let found = Contrasts::of(&values, 10).unwrap();
            (0..10).any(|group| found.exceeds_noise(group))
        };
        let exceeding = (0..2_000).filter(|_| measure()).count();
        assert!((60..140).contains(&exceeding), "{exceeding} of 2000, expected about 100");
    }

    #[test]
    fn what_a_repetition_adds_to_all_groups_is_no_noise() {
        let values = [vec![1.0, 12.0, 103.0], vec![2.0, 11.0, 102.0], vec![5.0, 16.0, 106.0]];
        let shifted: Vec<Vec<f64>> = (values.iter())
            .map(|row| row.iter().zip([0.0, 40.0, -70.0]).map(|(value, add)| value + add).collect())
            .collect();
        let [one, other] = [&values[..], &shifted].map(|values| Contrasts::of(values, 3).unwrap());
        assert!((one.standard_error - other.standard_error).abs() < 1e-9);
        assert!(one.effects.iter().zip(&other.effects).all(|(one, other)| (one - other).abs() < 1e-9));
    }

    #[test]
    fn more_comparisons_ask_for_more() {
        let values = [vec![0.0, 1.0, 3.0], vec![1.0, 0.0, 2.0], vec![0.5, 0.7, 2.1]];
        let [one, many] = [1, 40].map(|comparisons| Contrasts::of(&values, comparisons).unwrap());
        assert!(many.threshold > 1.5 * one.threshold);
        assert!(many.repetitions_to_detect(0.5) > one.repetitions_to_detect(0.5));
        assert!(one.repetitions_to_detect(0.05) > 50 * one.repetitions_to_detect(0.5));
    }

    #[test]
    fn too_few_values_have_no_contrasts() {
        assert_eq!(Contrasts::of(&[], 1), None);
        assert_eq!(Contrasts::of(&[vec![1.0, 2.0], vec![2.0, 1.0]], 1), None);
        assert_eq!(Contrasts::of(&[vec![1.0], vec![2.0], vec![3.0]], 1), None);
        assert_eq!(Contrasts::of(&[vec![1.0, 2.0], vec![2.0], vec![1.0, 2.0]], 1), None);
    }
}
