//! [`Measure`]: the error of a subject's tensor, measured against the oracle's.

use crate::Array;
use lenet_oracle::{Comparison, Tensor};

/// The error of a tensor, relative to the oracle's bounds and absolute.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measure {
    /// Found and expected shape if they differ. Then no elements were compared.
    pub shapes: Option<(Vec<usize>, Vec<usize>)>,
    /// Errors relative to the bounds.
    pub comparison: Comparison,
    /// Number of elements whose error exceeds the hard bound.
    pub outside: usize,
    /// Root mean square of error / hard bound.
    pub rms_share: f64,
    /// Root mean square of the errors.
    pub rms_error: f64,
    /// Root mean square of the unavoidable rounding error of an f32 result: half a unit in the last place of
    /// each element.
    pub rms_rounding: f64,
    /// Whether every element equals the expected value, rounded to f32.
    pub bit_equal: bool,
}

/// Measures the error of `found`. Where the oracle has NaN or an infinity, only the same value is correct.
pub fn measure(found: &Array, expected: &Tensor) -> Measure {
    let shapes = (found.shape != expected.shape).then(|| (found.shape.clone(), expected.shape.clone()));
    // Tensors of different shapes are not compared element by element.
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
