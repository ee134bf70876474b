//! [`MeanInterval`]: the mean of the results of a few runs, and how far it may be from the true one.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Z;

/// 80 % quantile of the normal distribution: a test with so many runs finds a difference with a probability of 80 %.
pub(super) const Z_POWER: f64 = 0.841_621_233_572_914_3;

/// A mean with an interval of a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct MeanInterval {
    /// Mean of the values.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Standard deviation of the values, with n − 1 in the denominator.
    pub deviation: f64,
}

impl MeanInterval {
    /// Student's t interval of the mean, mean ± t(0.975, n − 1) · deviation / √n; `None` for fewer than two values.
    /// ("Student" (W. S. Gosset), "The Probable Error of a Mean", 1908.)
    ///
    /// It assumes values that are independent and normally distributed. Accuracies of runs with different seeds are close enough.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (n - 1) as f64).sqrt();
        let half = quantile((n - 1) as f64) * deviation / (n as f64).sqrt();
        Some(Self { mean, low: mean - half, high: mean + half, deviation })
    }

    /// Whether 0 lies in the interval.
    pub fn has_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// The mean of the differences other − one of pairs (one, other), such as the results of two settings with the same seed;
/// `None` for fewer than two pairs. What both results of a pair have in common, such as a lucky seed, drops out.
pub fn paired_difference(pairs: &[(f64, f64)]) -> Option<MeanInterval> {
    MeanInterval::of(&pairs.iter().map(|(one, other)| other - one).collect::<Vec<_>>())
}

/// About how many pairs it takes to find a `difference` above 0 with a probability of 80 %, by a two-sided test at 5 %, if the
/// differences of single pairs have the standard deviation `deviation`.
///
/// n = (z₀.₉₇₅ + z₀.₈)² · (deviation / difference)² + z₀.₉₇₅² / 2. (W. C. Guenther, "Sample Size Formulas for Normal Theory T
/// Tests", The American Statistician 35, 1981.)
pub fn pairs_to_detect(deviation: f64, difference: f64) -> u64 {
    let pairs = ((Z + Z_POWER) * deviation / difference).powi(2) + Z * Z / 2.0;
    (pairs.ceil() as u64).max(2) // Saturates.
}

/// 97.5 % quantile of Student's distribution.
fn quantile(freedom: f64) -> f64 {
    // The parameters are valid: a location of 0, a scale of 1, and at least one degree of freedom.
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For 1 and 2 degrees of freedom by their closed forms, tan(0.475 π) and 0.95 √(2 / (1 − 0.95²)); the others as in the
    /// table of the NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, which has three decimals.
    #[test]
    fn the_quantiles_are_those_of_the_tables() {
        let exact =
            [(1.0, (0.475 * std::f64::consts::PI).tan()), (2.0, 0.95 * (2.0f64 / (1.0 - 0.9025)).sqrt())];
        for (freedom, expected) in exact {
            assert!((quantile(freedom) - expected).abs() < 1e-8, "{freedom}: {}", quantile(freedom));
        }
        for (freedom, expected) in
            [(3.0, 3.182), (4.0, 2.776), (9.0, 2.262), (19.0, 2.093), (30.0, 2.042), (100.0, 1.984)]
        {
            assert!((quantile(freedom) - expected).abs() < 5e-4, "{freedom}: {}", quantile(freedom));
        }
    }

    /// Gosset's own example: hours of sleep gained with two drugs by ten patients. The mean difference is 1.58 and its t is 4.06
    /// (1908, section IX), so the standard error is 1.58 / 4.06.
    #[test]
    fn the_sleep_of_gossets_patients() {
        let one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let pairs: Vec<(f64, f64)> = one.into_iter().zip(other).collect();
        let found = paired_difference(&pairs).unwrap();
        assert!((found.mean - 1.58).abs() < 1e-9, "{found:?}");
        let t = found.mean / (found.deviation / 10f64.sqrt());
        assert!((t - 4.06).abs() < 5e-3, "{t}");
        assert!((found.high - found.mean - 2.262 * found.mean / t).abs() < 1e-3 && !found.has_zero());
    }

    #[test]
    fn a_single_value_has_no_interval_and_equal_ones_have_a_narrow_one() {
        assert_eq!(MeanInterval::of(&[1.0]), None);
        let equal = MeanInterval::of(&[2.0, 2.0, 2.0]).unwrap();
        assert_eq!((equal.low, equal.high, equal.deviation), (2.0, 2.0, 0.0));
    }

    /// With a difference of half the standard deviation, tables of the power of the paired t test have 34 pairs (J. Cohen,
    /// "Statistical Power Analysis for the Behavioral Sciences", 1988: 33 to 34).
    #[test]
    fn half_a_deviation_is_found_with_34_pairs() {
        assert_eq!(pairs_to_detect(1.0, 0.5), 34);
        assert!(pairs_to_detect(1.0, 0.05) > 3000);
        assert_eq!(pairs_to_detect(0.0, 0.05), 2);
    }
}
