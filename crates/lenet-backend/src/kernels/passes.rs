//! What hooks of a training do with every number at every step, in one pass and in place.
//!
//! The loops are plain: compiled inside [`Isa::run`], the compiler makes vectors of them, and as products and sums are
//! rounded one by one, every instruction set gives the same bits. Threads share the parts of a long slice.

use super::partition::for_each_awake;
use super::simd::{Isa, Kernel, Simd};

/// Numbers in a part: to share fewer costs more than it saves.
const PART: usize = 12 << 10;

/// `average ← decay · average + rest · value`, number by number.
pub fn moving_average(isa: Isa, average: &mut [f32], value: &[f32], decay: f32, rest: f32) {
    let parts = average.chunks_mut(PART).zip(value.chunks(PART));
    for_each_awake(parts, |(average, value)| {
        isa.run(Pass(|| {
            let numbers = average.iter_mut().zip(value);
            numbers.for_each(|(average, value)| *average = decay * *average + rest * value);
        }));
    });
}

/// Multiplies every number by `factor`.
pub fn scale(isa: Isa, numbers: &mut [f32], factor: f32) {
    for_each_awake(numbers.chunks_mut(PART), |numbers| {
        isa.run(Pass(|| numbers.iter_mut().for_each(|x| *x *= factor)));
    });
}

/// Brings every number between `-limit` and `limit`, which is not negative; NaN stays NaN.
pub fn clamp(isa: Isa, numbers: &mut [f32], limit: f32) {
    for_each_awake(numbers.chunks_mut(PART), |numbers| {
        isa.run(Pass(|| {
            numbers.iter_mut().for_each(|x| {
                let below = if *x > limit { limit } else { *x };
                *x = if below < -limit { -limit } else { below };
            });
        }));
    });
}

/// The sum of the squares, in f64: the squares are exact, and the order of the sums is that of the numbers alone.
pub fn square_sum(isa: Isa, numbers: &[f32]) -> f64 {
    let mut sums = vec![[0.0; LANES]; numbers.len().div_ceil(PART)];
    let parts = numbers.chunks(PART).zip(&mut sums);
    for_each_awake(parts, |(numbers, sums)| isa.run(SquareSums { numbers, sums }));
    let mut eight = [0.0; 8]; // Side by side, too.
    for sums in sums.as_flattened().chunks_exact(8) {
        eight.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    eight.iter().sum()
}

/// Sums side by side, so that none waits for the one before: so many that the compiler keeps the loop over them, and
/// makes vectors of it.
const LANES: usize = 128;

/// Every `LANES`-th square from each of the first `LANES` on.
struct SquareSums<'a> {
    numbers: &'a [f32],
    sums: &'a mut [f64; LANES],
}

impl Kernel for SquareSums<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        let (rows, rest) = self.numbers.as_chunks::<LANES>();
        for row in rows {
            for (sum, x) in self.sums.iter_mut().zip(row) {
                *sum += f64::from(*x) * f64::from(*x);
            }
        }
        for (sum, x) in self.sums.iter_mut().zip(rest) {
            *sum += f64::from(*x) * f64::from(*x);
        }
    }
}

/// A loop without vectors of its own.
struct Pass<F>(F);

impl<F: FnOnce()> Kernel for Pass<F> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        (self.0)();
    }
}
