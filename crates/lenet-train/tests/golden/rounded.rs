//! Numbers with a bound of what f32 makes of them: running error analysis (Wilkinson; Higham, "Accuracy and
//! Stability of Numerical Algorithms", §3.3).

use std::ops::{Add, Div, Mul, Sub};

/// Half the distance from 1 to the next f32: what a rounding changes at most, as a share of the result.
const UNIT: f64 = f32::EPSILON as f64 / 2.0;
/// What is smaller than the smallest normal number may become zero.
const SMALLEST: f64 = f32::MIN_POSITIVE as f64;

/// A number in f64, and how far off a computation of it in f32 may be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rounded {
    pub value: f64,
    pub error: f64,
}

impl Rounded {
    /// A number that f32 has as it is.
    pub fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// A number that is rounded to f32: a constant, a gradient, or the result of an operation on numbers that
    /// let it be off by `error`.
    pub fn new(value: f64, error: f64) -> Self {
        Self { value, error: error + UNIT * (value.abs() + error) + SMALLEST }
    }

    pub fn sqrt(self) -> Self {
        let [low, root, high] =
            [self.value - self.error, self.value, self.value + self.error].map(|x| x.max(0.0).sqrt());
        Self::new(root, (high - root).max(root - low))
    }

    /// `self · constant`, the constant rounded.
    pub fn times(self, constant: f64) -> Self {
        self * Self::new(constant, 0.0)
    }
}

impl Add for Rounded {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.value + other.value, self.error + other.error)
    }
}

impl Sub for Rounded {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.value - other.value, self.error + other.error)
    }
}

impl Mul for Rounded {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let off = self.value.abs() * other.error + other.value.abs() * self.error + self.error * other.error;
        Self::new(self.value * other.value, off)
    }
}

impl Div for Rounded {
    type Output = Self;

    /// The divisor is further from zero than it may be off.
    fn div(self, other: Self) -> Self {
        let nearest = other.value.abs() - other.error;
        assert!(nearest > 0.0, "{other:?} may be zero");
        let quotient = self.value / other.value;
        Self::new(quotient, (self.error + quotient.abs() * other.error) / nearest)
    }
}
