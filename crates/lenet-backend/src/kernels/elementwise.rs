//! Element-wise operations on parameters and gradients, in place, in one pass over memory.
//!
//! The loops are plain: the compiler vectorises them inside [`Isa::run`]. Products and sums are rounded one
//! by one, so every instruction set computes the same bits. Threads share the parts of a long slice.

use lenet_threads::for_each_awake;

use super::simd::{Isa, Kernel, Simd};

/// Numbers in a task: sharing fewer costs more than it saves.
const PART: usize = 12 << 10;

/// `average ← decay · average + one_minus_decay · value`, element-wise.
///
/// # Panics
/// If the slices differ in length.
pub(crate) fn moving_average(isa: Isa, average: &mut [f32], value: &[f32], decay: f32, one_minus_decay: f32) {
    assert_eq!(average.len(), value.len(), "values");
    let parts = average.chunks_mut(PART).zip(value.chunks(PART));
    for_each_awake(parts, |(average, value)| {
        isa.run(Pass(|| {
            let numbers = average.iter_mut().zip(value);
            numbers.for_each(|(average, value)| *average = decay * *average + one_minus_decay * value);
        }));
    });
}

/// Multiplies every number by `factor`.
pub(crate) fn scale(isa: Isa, numbers: &mut [f32], factor: f32) {
    for_each_awake(numbers.chunks_mut(PART), |numbers| {
        isa.run(Pass(|| numbers.iter_mut().for_each(|x| *x *= factor)));
    });
}

/// Clamps every number to `-limit..=limit`; `limit` is not negative. NaN stays NaN.
pub(crate) fn clamp(isa: Isa, numbers: &mut [f32], limit: f32) {
    for_each_awake(numbers.chunks_mut(PART), |numbers| {
        isa.run(Pass(|| {
            numbers.iter_mut().for_each(|x| {
                let below = if *x > limit { limit } else { *x };
                *x = if below < -limit { -limit } else { below };
            });
        }));
    });
}

/// The sum of squares in f64: the squares are exact, and the order of the sums depends only on the length.
pub(crate) fn square_sum(isa: Isa, numbers: &[f32]) -> f64 {
    let mut sums = vec![[0.0; LANES]; numbers.len().div_ceil(PART)];
    let parts = numbers.chunks(PART).zip(&mut sums);
    for_each_awake(parts, |(numbers, sums)| isa.run(SquareSums { numbers, sums }));
    let mut eight = [0.0; 8]; // Independent sums here, too.
    for sums in sums.as_flattened().chunks_exact(8) {
        eight.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    eight.iter().sum()
}

/// Number of independent sums, so that no addition waits for the one before. It is large enough that the
/// compiler keeps the loop over them and vectorises it.
const LANES: usize = 128;

/// Adds the square of number i to sum i mod `LANES`.
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

/// A plain loop, to be compiled for an instruction set.
struct Pass<F>(F);

impl<F: FnOnce()> Kernel for Pass<F> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        (self.0)();
    }
}
