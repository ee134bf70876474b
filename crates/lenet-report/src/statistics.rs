//! Statistics of a classifier's answers: the interval of an accuracy, calibration, and rejection; and, with the feature
//! `intervals`, of the results of several runs.

#[cfg(feature = "intervals")]
mod contrast;
#[cfg(feature = "intervals")]
mod student;

#[cfg(feature = "intervals")]
pub use contrast::Contrasts;
#[cfg(feature = "intervals")]
pub use student::{MeanInterval, paired_difference, pairs_to_detect};

/// 97.5 % quantile of the normal distribution: an interval has a confidence of 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// Number of bins of the calibration, as in C. Guo et al., "On Calibration of Modern Neural Networks", 2017.
const BINS: usize = 15;

/// The probability that a classifier gives its answer, in 0..=1, and whether the answer is right.
pub type Answer = (f64, bool);

/// Answers whose probabilities lie between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Bin {
    /// Number of answers.
    pub answers: u64,
    /// Mean probability of the answers.
    pub confidence: f64,
    /// Share of right answers.
    pub accuracy: f64,
}

/// What remains when answers below a threshold are rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rejection {
    /// The threshold: answers of a smaller probability are rejected.
    pub threshold: f64,
    /// Share of answers that are kept.
    pub kept: f64,
    /// Share of right answers among those kept; `None` if all are rejected.
    pub accuracy: Option<f64>,
}

/// Wilson's score interval of a share, with a confidence of 95 %; from 0 to 1 if `all` is 0.
/// (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.)
pub fn wilson(part: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (all as f64, part as f64 / all as f64);
    let denominator = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / denominator;
    let half = Z / denominator * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// The answers in 15 bins of equal width, by their probability. Bins without answers are left out.
pub fn reliability(answers: &[Answer]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); BINS];
    for &(probability, is_right) in answers {
        // The cast saturates: a probability below 0 or NaN belongs to the first bin.
        let bin = &mut bins[((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        bin.answers += 1;
        bin.confidence += probability;
        bin.accuracy += f64::from(u8::from(is_right));
    }
    bins.retain(|bin| bin.answers > 0);
    for bin in &mut bins {
        bin.confidence /= bin.answers as f64;
        bin.accuracy /= bin.answers as f64;
    }
    bins
}

/// Expected calibration error: mean distance between confidence and accuracy of the bins, weighted by their answers.
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let all: u64 = bins.iter().map(|bin| bin.answers).sum();
    let distances = bins.iter().map(|bin| bin.answers as f64 * (bin.accuracy - bin.confidence).abs());
    distances.sum::<f64>() / all.max(1) as f64
}

/// What remains of the answers at each of the `thresholds`.
pub fn rejections(answers: &[Answer], thresholds: &[f64]) -> Vec<Rejection> {
    let at = |&threshold: &f64| {
        let kept = || answers.iter().filter(|(probability, _)| *probability >= threshold);
        let (count, right) = (kept().count(), kept().filter(|(_, is_right)| *is_right).count());
        Rejection {
            threshold,
            kept: count as f64 / answers.len().max(1) as f64,
            accuracy: (count > 0).then(|| right as f64 / count as f64),
        }
    };
    thresholds.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds for 9,918 of 10,000 were computed with Wilson's formula in Python's floats.
    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = wilson(9918, 10_000);
        assert!((low - 0.989_834).abs() < 1e-6 && (high - 0.993_388).abs() < 1e-6, "{low} {high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(wilson(5, 5).1, 1.0);
    }

    #[test]
    fn calibration_compares_confidence_with_accuracy() {
        let bins = reliability(&[(0.9, true), (0.9, false), (0.2, false)]);
        assert_eq!(bins.iter().map(|bin| bin.answers).collect::<Vec<_>>(), [1, 2]);
        let expected = (2.0 * 0.4 + 0.2) / 3.0;
        assert!((expected_calibration_error(&bins) - expected).abs() < 1e-12);
        assert_eq!(expected_calibration_error(&reliability(&[])), 0.0);
    }

    #[test]
    fn rejected_answers_do_not_count() {
        let found = rejections(&[(0.9, true), (0.6, false)], &[0.5, 0.8, 1.0]);
        let found: Vec<_> = found.iter().map(|at| (at.kept, at.accuracy)).collect();
        assert_eq!(found, [(1.0, Some(0.5)), (0.5, Some(1.0)), (0.0, None)]);
    }
}
