//! Operations on single [`Number`]s: each computes the value, propagates the operands' errors and adds one
//! rounding error.
//!
//! The method is running error analysis (Higham 2002, section 3.3).

use crate::precision::LAMBDA;
use crate::{Number, Precision};

impl Precision {
    /// A setting, such as a learning rate, rounded to f32. Burn's optimizers store most settings as f32,
    /// whatever type they compute in.
    #[inline]
    pub(crate) fn constant(&self, value: f64) -> Number {
        if self.is_exact() {
            return Number::exact(value);
        }
        let units = (Self::F32.unit_roundoff / self.unit_roundoff).max(1.0);
        let rounded = self.round(value, 0.0, 0.0, units);
        // All elements share this error, so it does not cancel.
        Number { soft: LAMBDA * rounded.hard, ..rounded }
    }

    #[inline]
    pub(crate) fn add(&self, a: Number, b: Number) -> Number {
        if a.is_zero() || b.is_zero() {
            return if a.is_zero() { b } else { a };
        }
        let sum = self.round(a.value + b.value, a.hard + b.hard, quadrature(a.soft, b.soft), 1.0);
        if self.flushes { self.widen(sum, self.underflow) } else { sum }
    }

    #[inline]
    pub(crate) fn sub(&self, a: Number, b: Number) -> Number {
        self.add(a, Number { value: -b.value, ..b })
    }

    #[inline]
    pub(crate) fn mul(&self, a: Number, b: Number) -> Number {
        if a.is_zero() || b.is_zero() {
            return Number::exact(a.value * b.value);
        }
        let hard = a.value.abs() * b.hard + a.hard * b.value.abs() + a.hard * b.hard;
        let soft = quadrature(a.value * b.soft, a.soft * b.value);
        let operands = a.value.abs() + b.value.abs();
        self.widen(self.round(a.value * b.value, hard, soft, 1.0), self.underflow_of(1.0, operands))
    }

    #[inline]
    pub(crate) fn div(&self, a: Number, b: Number) -> Number {
        let value = a.value / b.value;
        if a.is_zero() && b.value.abs() > b.hard {
            return Number::exact(value);
        }
        let propagated = |error_a: f64, error_b: f64| {
            let smallest = b.value.abs() - error_b;
            if smallest > 0.0 { (error_a + value.abs() * error_b) / smallest } else { f64::INFINITY }
        };
        let quotient =
            self.round(value, propagated(a.hard, b.hard), propagated(a.soft, b.soft), self.division);
        self.widen(quotient, self.underflow_of(1.0, value.abs()))
    }

    /// Widens the bounds of a quotient a / b so that they also hold for a·(1/b): one more division and
    /// multiplication.
    pub(crate) fn allow_reciprocal(&self, a: Number) -> Number {
        self.round(a.value, a.hard, a.soft, self.division + 1.0)
    }

    #[inline]
    pub(crate) fn sqrt(&self, a: Number) -> Number {
        let value = a.value.sqrt();
        // The slope of the square root grows towards zero, so each end of the interval is evaluated.
        let propagated =
            |error: f64| (value - (a.value - error).max(0.0).sqrt()).max((a.value + error).sqrt() - value);
        if a.is_zero() {
            return Number::exact(value);
        }
        let root = self.round(value, propagated(a.hard), propagated(a.soft), self.sqrt);
        if self.flushes { self.widen(root, self.underflow.sqrt()) } else { root }
    }

    pub(crate) fn exp(&self, a: Number) -> Number {
        let value = a.value.exp();
        let units = self.exp[0] + self.exp[1] * (a.value.abs() + a.hard);
        let propagated = |error: f64| value * error.exp_m1();
        self.widen(
            self.round(value, propagated(a.hard), propagated(a.soft), units),
            self.underflow_of(1.0, 0.0),
        )
    }

    /// Natural logarithm of a number that is positive in every correct computation.
    pub(crate) fn ln(&self, a: Number) -> Number {
        let value = a.value.ln();
        let propagated =
            |error: f64| if error < a.value { -(-error / a.value).ln_1p() } else { f64::INFINITY };
        let logarithm = self.round(value, propagated(a.hard), propagated(a.soft), self.log);
        let near_one = a.value + a.hard >= 0.5 && a.value - a.hard <= 2.0;
        if near_one { self.widen(logarithm, self.log_near_one) } else { logarithm }
    }

    /// `base` to the power of `exponent`, by multiplications in any order.
    pub(crate) fn powi(&self, base: Number, exponent: i32) -> Number {
        let value = base.value.powi(exponent);
        let relative = base.hard / base.value.abs();
        let propagated =
            if value == 0.0 { 0.0 } else { value.abs() * (f64::from(exponent) * relative.ln_1p()).exp_m1() };
        self.round(value, propagated, propagated, f64::from(exponent))
    }

    /// Adds one rounding error of `units`·u to a value with the propagated errors `hard` and `soft`.
    #[inline]
    fn round(&self, value: f64, hard: f64, soft: f64, units: f64) -> Number {
        if self.is_exact() || !value.is_finite() {
            return Number::exact(value);
        }
        let hard = hard + self.gamma(units) * (value.abs() + hard);
        if value.abs() + hard > self.largest || hard.is_nan() {
            return Number { value, hard: f64::INFINITY, soft: f64::INFINITY };
        }
        // This is one error of up to `units`·u, not a sum of `units` independent ones, so λ·√units·u does not
        // apply.
        let local = self.soft_gamma(1.0).max(units * self.unit_roundoff) * value.abs();
        Number { value, hard, soft: quadrature(soft, local) }
    }

    #[inline]
    fn widen(&self, number: Number, error: f64) -> Number {
        if self.is_exact() || !number.value.is_finite() {
            return number;
        }
        Number { hard: number.hard + error, soft: number.soft + error, ..number }
    }
}

/// Computes √(a² + b²). `hypot` avoids underflow of the squares but takes several times as long, so it is
/// called only for small operands.
#[inline]
fn quadrature(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        return (a + b).abs();
    }
    let squares = a * a + b * b;
    if squares > 1e-280 { squares.sqrt() } else { a.hypot(b) }
}
