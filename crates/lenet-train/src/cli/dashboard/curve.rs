//! [`Curve`]: points of a curve in bounded memory.

/// A curve has fewer points than this: more than a terminal has columns.
const MOST: usize = 1024;

/// Points in the order of their places, each the mean of as many values.
#[derive(Debug)]
pub(super) struct Curve {
    points: Vec<(f64, f64)>,
    /// Number of values in a point.
    every: usize,
    /// Sums of places and values that are no point yet, and their number.
    waiting: (f64, f64, usize),
}

impl Curve {
    pub(super) fn new() -> Self {
        Self { points: Vec::new(), every: 1, waiting: (0.0, 0.0, 0) }
    }

    /// Adds a value; one that is not finite is left out. A full curve joins its points in pairs.
    pub(super) fn push(&mut self, place: f64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let (places, values, count) = self.waiting;
        self.waiting = (places + place, values + value, count + 1);
        let (places, values, count) = self.waiting;
        if count < self.every {
            return;
        }
        self.points.push((places / count as f64, values / count as f64));
        self.waiting = (0.0, 0.0, 0);
        if self.points.len() == MOST {
            let pair = |pair: &[(f64, f64)]| ((pair[0].0 + pair[1].0) / 2.0, (pair[0].1 + pair[1].1) / 2.0);
            self.points = self.points.chunks_exact(2).map(pair).collect();
            self.every *= 2;
        }
    }

    pub(super) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_shape_in_bounded_memory() {
        let mut curve = Curve::new();
        (0..100_000).for_each(|place| curve.push(f64::from(place), f64::from(place)));
        let points = curve.points();
        assert!(points.len() < MOST && points.len() > MOST / 4, "{}", points.len());
        assert!(points.iter().all(|(place, value)| place == value));
        assert!(points.windows(2).all(|two| two[0].0 < two[1].0));
    }

    #[test]
    fn a_value_that_is_not_finite_is_no_point() {
        let mut curve = Curve::new();
        curve.push(1.0, f64::NAN);
        curve.push(2.0, 0.5);
        assert_eq!(curve.points(), [(2.0, 0.5)]);
    }
}
