//! [`Kind`]: generators of input tensors. All values are exact in f32.

use std::fmt;

use crate::Array;

/// A distribution of input values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Integers from -3 to 3. f32 adds and multiplies them without rounding in any order, so results must be
    /// equal in bits. Many values are equal, so pool windows have ties.
    Integers,
    /// Uniform in [-1, 1).
    Random,
    /// All zeros.
    Zeros,
    /// All 0.5: every pool window is a tie.
    Equal,
    /// Uniform, times 2^50: products are far from 1 but do not overflow.
    Huge,
    /// Uniform, times 2^-130: denormal in f32. The matching weights are normal; see
    /// [`weights`](Self::weights).
    Denormal,
}

impl Kind {
    /// All kinds.
    pub const ALL: &[Self] =
        &[Self::Integers, Self::Random, Self::Zeros, Self::Equal, Self::Huge, Self::Denormal];

    /// Generates an array. It is a pure function of the arguments.
    pub fn array(self, shape: &[usize], seed: u64) -> Array {
        let mut random = SplitMix64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
        match self {
            Self::Integers => Array::from_fn(shape, |_| (random.next() % 7) as f64 - 3.0),
            Self::Random => Array::from_fn(shape, |_| random.unit()),
            Self::Zeros => Array::filled(shape, 0.0),
            Self::Equal => Array::filled(shape, 0.5),
            Self::Huge => Array::from_fn(shape, |_| random.unit() * 2f64.powi(50)),
            // A denormal f32 has fewer than 24 bits, so the value is rounded.
            Self::Denormal => Array::from_fn(shape, |_| f64::from((random.unit() * 2f64.powi(-130)) as f32)),
        }
    }

    /// The kind of weights to use with inputs of this kind: the same, except for `Denormal`, where the
    /// product of two denormal values would be zero.
    pub fn weights(self) -> Self {
        if self == Self::Denormal { Self::Random } else { self }
    }

    /// Whether f32 computes sums of products of such values without rounding.
    pub fn is_exact(self) -> bool {
        matches!(self, Self::Integers | Self::Zeros | Self::Equal)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integers => "integers",
            Self::Random => "random",
            Self::Zeros => "zeros",
            Self::Equal => "equal",
            Self::Huge => "huge",
            Self::Denormal => "denormal",
        })
    }
}

/// SplitMix64, of G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators"
/// (2014).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [-1, 1), with the 24 bits that an f32 holds exactly.
    fn unit(&mut self) -> f64 {
        (self.next() >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_exact_in_f32() {
        for &kind in Kind::ALL {
            let array = kind.array(&[1000], 7);
            assert!(array.values.iter().all(|value| f64::from(*value as f32) == *value), "{kind}");
        }
    }

    #[test]
    fn another_seed_gives_other_numbers_of_the_same_kind() {
        let [a, b] = [1, 2].map(|seed| Kind::Random.array(&[1000], seed).values);
        assert_ne!(a, b);
        let mean = a.iter().sum::<f64>() / 1000.0;
        assert!(mean.abs() < 0.1 && a.iter().all(|value| value.abs() <= 1.0), "{mean}");
    }
}
