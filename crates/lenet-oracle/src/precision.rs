//! [`Precision`]: rounding properties of a floating-point arithmetic.

/// Rounding properties of a floating-point arithmetic, from which the error bounds follow.
///
/// Addition, subtraction and multiplication are correctly rounded. Relative errors of other operations are
/// given in units of the unit roundoff u; one unit in the last place (ULP) is at most 2 u.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Precision {
    /// Unit roundoff u: half the distance from 1 to the next larger number, the largest relative error of a
    /// rounded result.
    pub unit_roundoff: f64,
    /// Absolute error of a product or quotient that underflows.
    pub underflow: f64,
    /// Whether operands, products and sums that are denormal may be flushed to zero.
    pub flushes: bool,
    /// Largest finite number.
    pub largest: f64,
    /// Relative error of `exp(x)` in u: the first element plus the second times |x|.
    pub exp: [f64; 2],
    /// Relative error of `log(x)` in u for x outside of [0.5, 2].
    pub log: f64,
    /// Absolute error of `log(x)` for x in [0.5, 2], in addition to the relative one.
    pub log_near_one: f64,
    /// Relative error of a quotient in u.
    pub division: f64,
    /// Relative error of a square root in u.
    pub sqrt: f64,
}

/// λ of the soft bounds. The error of a sum exceeds λ·√n·u with a probability of about 2·exp(−λ²/2), 7 in
/// 10,000.
pub(crate) const LAMBDA: f64 = 4.0;

impl Precision {
    /// f32 on a CPU: IEEE 754, with `exp` and `log` within 2 ULP, as in C's mathematical libraries and their
    /// vectorised versions.
    pub const F32: Self = Self {
        unit_roundoff: 1.0 / (1u64 << 24) as f64,
        underflow: 7.006492321624085e-46, // 2⁻¹⁵⁰, half the smallest denormal
        flushes: false,
        largest: f32::MAX as f64,
        exp: [4.0, 0.0],
        log: 4.0,
        log_near_one: 0.0,
        division: 1.0,
        sqrt: 1.0,
    };

    /// f32 in a shader. From the table "Accuracy of Built-in Functions" of the [WGSL
    /// specification](https://www.w3.org/TR/WGSL/#floating-point-accuracy): `exp` within 3 + 2·|x| ULP, `log`
    /// within 3 ULP but 2⁻²¹ between 0.5 and 2, a quotient within 2.5 ULP, `sqrt` as 1 / `inverseSqrt` (2
    /// ULP). Denormals may be flushed to zero.
    pub const WGSL: Self = Self {
        underflow: f32::MIN_POSITIVE as f64,
        flushes: true,
        exp: [6.0, 4.0],
        log: 6.0,
        log_near_one: 1.0 / (1u64 << 21) as f64,
        division: 5.0,
        sqrt: 10.0,
        ..Self::F32
    };

    /// f64 on a CPU.
    pub const F64: Self = Self {
        unit_roundoff: f64::EPSILON / 2.0,
        underflow: f64::MIN_POSITIVE * f64::EPSILON,
        largest: f64::MAX,
        ..Self::F32
    };

    /// Exact arithmetic: all bounds are zero and are not computed. For values alone.
    pub const EXACT: Self = Self { unit_roundoff: 0.0, underflow: 0.0, largest: f64::INFINITY, ..Self::F32 };

    /// Whether all bounds are zero.
    #[inline]
    pub(crate) fn is_exact(&self) -> bool {
        self.unit_roundoff == 0.0
    }

    /// γₙ = n·u / (1 − n·u), the relative error of n successive roundings (Higham 2002, lemma 3.1), plus that
    /// of the oracle's own n roundings in f64.
    #[inline]
    pub(crate) fn gamma(&self, n: f64) -> f64 {
        let gamma = |u: f64| if n * u < 1.0 { n * u / (1.0 - n * u) } else { f64::INFINITY };
        if self.is_exact() { 0.0 } else { gamma(self.unit_roundoff) + gamma(f64::EPSILON / 2.0) }
    }

    /// λ·√n·u, which n independent rounding errors with mean zero rarely exceed (Higham and Mary 2019,
    /// theorem 2.4), plus the same for the oracle's own rounding errors in f64.
    #[inline]
    pub(crate) fn soft_gamma(&self, n: f64) -> f64 {
        if self.is_exact() { 0.0 } else { LAMBDA * n.sqrt() * (self.unit_roundoff + f64::EPSILON / 2.0) }
    }

    /// Absolute error of n products that may all underflow. `operands` is the sum of the magnitudes of their
    /// operands.
    #[inline]
    pub(crate) fn underflow_of(&self, n: f64, operands: f64) -> f64 {
        if n == 0.0 {
            0.0
        } else if self.flushes {
            // Flushing an operand loses its product with the other operand; the product and the sum may be
            // flushed, too.
            self.underflow * (2.0 * n + operands)
        } else {
            self.underflow * n
        }
    }
}
