//! Calibration: whether a probability of 90 % is right nine times in ten, and the temperature that makes it so.
//!
//! A network that was trained without label smoothing is too sure of itself, one with smoothing too little.
//! Temperature scaling divides all logits by one number, fitted on images that were not trained on. It changes
//! no prediction, only the probabilities (C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern
//! Neural Networks", 2017).
//!
//! ```
//! use lenet_model::calibration::{expected_calibration_error, fit_temperature};
//!
//! // Logits of three images with two classes, and their labels. The last answer is wrong.
//! let logits = [4.0, 0.0, 0.0, 4.0, 4.0, 0.0];
//! let temperature = fit_temperature(&logits, &[0, 1, 1]).expect("a mistake among right answers");
//! assert!((temperature - 4.0 / 2f64.ln()).abs() < 1e-6); // Now each answer has a probability of 2/3.
//!
//! let sure = 2.0 / 3.0;
//! let error = expected_calibration_error(&[(sure, true), (sure, true), (sure, false)]);
//! assert!(error < 1e-6);
//! ```

/// Below this probability the programs and the page of this workspace call an answer unsure. With the trained weights in the crate these are
/// 0.46 % of MNIST's test images, and 0.20 % of the others are read wrongly.
pub const UNSURE_BELOW: f64 = 0.8;

/// Number of bins of the expected calibration error, as in the paper.
const BINS: usize = 15;
/// Range of temperatures that are searched.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.05..=20.0;
/// The search ends with a step that changes the temperature by a smaller share.
const SMALLEST_CHANGE: f64 = 1e-9;
/// Newton's method needs about ten steps; 45 halvings of the range reach this precision, too.
const MOST_STEPS: u32 = 45;

/// The temperature with the lowest mean cross-entropy of `logits / temperature`; `None` if there is no minimum
/// between 0.05 and 20, such as that of images which are all classified correctly, or if a logit is not finite.
///
/// - `logits`: `[images, classes]`, row-major
/// - `labels`: `[images]`, each below the number of classes
///
/// ```
/// # use lenet_model::calibration::fit_temperature;
/// assert_eq!(fit_temperature(&[4.0, 0.0, 0.0, 4.0], &[0, 1]), None); // Without a mistake.
/// assert_eq!(fit_temperature(&[], &[]), None);
/// ```
pub fn fit_temperature(logits: &[f32], labels: &[u8]) -> Option<f64> {
    let classes = logits.len().checked_div(labels.len())?;
    let is_complete = logits.len() == classes * labels.len();
    if !is_complete || labels.iter().any(|&label| usize::from(label) >= classes) {
        return None;
    }
    // The cross-entropy is convex in the inverse temperature: its slope rises from image to image alike.
    let slope = |inverse: f64| -> Slope {
        let images = logits.chunks_exact(classes).zip(labels);
        images.map(|(logits, &label)| Slope::of_image(logits, usize::from(label), inverse)).sum()
    };
    let (mut low, mut high) = (1.0 / TEMPERATURES.end(), 1.0 / TEMPERATURES.start());
    if !(slope(low).value < 0.0 && slope(high).value > 0.0) {
        return None;
    }
    // Newton's method; where it leaves the interval that has the minimum, half of the interval.
    let mut inverse = 1.0;
    for _ in 0..MOST_STEPS {
        let Slope { value, derivative } = slope(inverse);
        if value < 0.0 {
            low = inverse
        } else {
            high = inverse
        }
        let newton = inverse - value / derivative;
        let next = if low < newton && newton < high { newton } else { 0.5 * (low + high) };
        let change = (next - inverse).abs();
        inverse = next;
        if change <= SMALLEST_CHANGE * inverse {
            break;
        }
    }
    Some(1.0 / inverse)
}

/// The derivative of the cross-entropy with respect to the inverse temperature, and its own derivative.
struct Slope {
    value: f64,
    derivative: f64,
}

impl Slope {
    /// Mean and variance of the logits, weighted by the softmax of `inverse · logits`; the mean less the logit of the label.
    fn of_image(logits: &[f32], label: usize, inverse: f64) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut weights, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for &logit in logits {
            let difference = f64::from(logit - largest);
            let weight = libm::exp(inverse * difference); // The same on every system.
            weights += weight;
            sum += weight * difference;
            squares += weight * difference * difference;
        }
        let mean = sum / weights;
        Self { value: mean - f64::from(logits[label] - largest), derivative: squares / weights - mean * mean }
    }
}

impl std::iter::Sum for Slope {
    fn sum<I: Iterator<Item = Self>>(slopes: I) -> Self {
        let none = Self { value: 0.0, derivative: 0.0 };
        slopes.fold(none, |sum, slope| Self {
            value: sum.value + slope.value,
            derivative: sum.derivative + slope.derivative,
        })
    }
}

/// Expected calibration error, in 0..=1: the mean distance between the probability of an answer and the share
/// of right answers with such a probability, over 15 bins of equal width. 0 without answers.
///
/// - `answers`: the probability of each answer, and whether the answer is right
pub fn expected_calibration_error(answers: &[(f64, bool)]) -> f64 {
    let mut bins = [0.0; BINS]; // Sum of probabilities less number of right answers.
    for &(probability, is_right) in answers {
        let bin = ((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        bins[bin] += probability - f64::from(u8::from(is_right));
    }
    bins.iter().map(|difference| difference.abs()).sum::<f64>() / answers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_that_were_scaled_have_the_scale_as_temperature() {
        // Log-odds of 9 to 1, right nine times in ten, times 3.
        let logits: Vec<f32> = (0..1000).flat_map(|_| [3.0 * 9f32.ln(), 0.0]).collect();
        let labels: Vec<u8> = (0..1000).map(|image| u8::from(image % 10 == 0)).collect();
        assert!((fit_temperature(&logits, &labels).unwrap() - 3.0).abs() < 1e-6);
    }

    #[test]
    fn numbers_that_do_not_fit_have_no_temperature() {
        assert_eq!(fit_temperature(&[1.0, 2.0, 3.0], &[0, 1]), None);
        assert_eq!(fit_temperature(&[1.0, 2.0], &[2]), None);
        assert_eq!(fit_temperature(&[f32::NAN, 0.0, 0.0, 1.0], &[0, 0]), None);
        assert_eq!(fit_temperature(&[1.0], &[]), None);
    }

    #[test]
    fn the_error_is_weighted_by_the_answers_of_a_bin() {
        // Three answers at 0.9, two of them right: 0.7 too much. One at 0.5, right: 0.5 too little.
        let answers = [(0.9, true), (0.9, true), (0.9, false), (0.5, true)];
        assert!((expected_calibration_error(&answers) - 1.2 / 4.0).abs() < 1e-12);
        assert_eq!(expected_calibration_error(&[(1.0, true), (0.0, false)]), 0.0);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }
}
