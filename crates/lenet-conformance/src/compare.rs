//! [`Measure`]: how far a subject's numbers are from the oracle's.

use crate::Array;
use lenet_oracle::{Comparison, Tensor};

/// The error of a tensor: shares of the bounds, and what else a report wants to know.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The found and the expected shape, if they differ; then nothing was compared.
    pub shapes: Option<(Vec<usize>, Vec<usize>)>,
    /// Shares of the bounds.
    pub comparison: Comparison,
    /// How many numbers are outside their hard bound.
    pub outside: usize,
    /// The root mean square of errors divided by hard bounds.
    pub rms_share: f64,
    /// The root mean square of the errors.
    pub rms_error: f64,
    /// The root mean square of the rounding that no computation in f32 avoids: half a unit in the last place of each
    /// number.
    pub rms_rounding: f64,
    /// Whether every number is the expected one, rounded to f32.
    pub bit_equal: bool,
}

/// Compares `found` with the oracle. Where the oracle has NaN or an infinity, only the same will do.
pub fn measure(found: &Array, expected: &Tensor) -> Measure {
    let shapes = (found.shape != expected.shape).then(|| (found.shape.clone(), expected.shape.clone()));
    // Of another shape, not even the numbers that there are say anything.
    let values: &[f64] = if shapes.is_some() { &[] } else { &found.values };
    let (mut outside, mut bit_equal) = (0, shapes.is_none());
    let [mut shares, mut errors, mut roundings] = [0.0; 3];
    for (expected, &found) in expected.numbers().zip(values) {
        let one = expected.compare(found);
        outside += usize::from(one.hard > 1.0);
        shares += one.hard.powi(2);
        errors += one.largest_error.powi(2);
        roundings += (expected.value * f64::from(f32::EPSILON) / 2.0).powi(2);
        let rounded = f64::from(expected.value as f32);
        bit_equal &= found == rounded || (found.is_nan() && rounded.is_nan());
    }
    let root_mean = |sum: f64| (sum / values.len().max(1) as f64).sqrt();
    Measure {
        comparison: expected.compare(values),
        shapes,
        outside,
        rms_share: root_mean(shares),
        rms_error: root_mean(errors),
        rms_rounding: root_mean(roundings),
        bit_equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(found: &[f64], expected: &[f64]) -> Measure {
        let found = Array { shape: vec![found.len()], values: found.to_vec() };
        measure(&found, &Tensor::exact(&[expected.len()], expected.to_vec()))
    }

    #[test]
    fn equal_numbers_use_nothing_of_a_bound_of_zero() {
        let numbers = [1.0, 0.0, f64::NAN, f64::INFINITY];
        let measure = measured(&numbers, &numbers);
        assert_eq!((measure.comparison.hard, measure.outside, measure.bit_equal), (0.0, 0, true));
    }

    #[test]
    fn any_difference_is_outside_a_bound_of_zero() {
        for value in [1.0 + f64::EPSILON, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let measure = measured(&[0.0, value], &[0.0, 1.0]);
            assert_eq!((measure.outside, measure.bit_equal), (1, false), "{value}");
            assert_eq!(measure.comparison.worst.unwrap().index, 1);
        }
    }

    #[test]
    fn another_shape_is_outside_every_bound() {
        let measure = measured(&[1.0], &[1.0, 1.0]);
        assert_eq!((measure.comparison.hard, measure.shapes), (f64::INFINITY, Some((vec![1], vec![2]))));
    }
}
