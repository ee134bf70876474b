//! [`Shifted`]: augmentation by random translation.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::{Error, HostBatch, Normalisation, SIDE, Samples};

/// Makes the key differ from that of [`permutation`](crate::permutation), which may have the same seed.
const KEY: u64 = 0x5348_4946_5445_4421; // "SHIFTED!"

/// Augmentation by translation: every epoch shifts every image of `samples` by a random number of whole
/// pixels, up to a limit in each direction. The shift is a pure function of (seed, epoch, index of the image).
///
/// ```
/// use lenet_data::{Loader, Shifted, synthetic};
///
/// let digits = Shifted::new(synthetic::digits(42, 0..100)?, 2, 7); // by up to 2 pixels
/// let loader = Loader::new(digits, 32)?.shuffle(7);
/// # assert_eq!(loader.epoch(0).count(), 4);
/// # Ok::<(), lenet_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Shifted<S> {
    samples: S,
    shifts: Shifts,
}

/// The shifts of the images. Its methods are not generic: they are compiled in this package, with its settings, and not in the
/// one that uses it.
#[derive(Debug)]
struct Shifts {
    limit: usize,
    seed: u64,
    /// Value of the pixels that come into the image.
    background: f32,
}

impl<S: Samples<Batch = HostBatch>> Shifted<S> {
    /// Shifts `samples` by up to `limit` pixels; 0 does not shift them.
    pub fn new(samples: S, limit: usize, seed: u64) -> Self {
        let background = Normalisation::MNIST.table()[0];
        Self { samples, shifts: Shifts { limit: limit.min(SIDE), seed, background } }
    }

    /// Sets the normalisation of `samples`, which is MNIST's otherwise: pixels that come into an image are a
    /// normalised 0.
    pub fn normalisation(self, normalisation: Normalisation) -> Self {
        Self { shifts: Shifts { background: normalisation.table()[0], ..self.shifts }, ..self }
    }
}

impl<S: Samples<Batch = HostBatch>> Samples for Shifted<S> {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.samples.len()
    }

    /// The images without a shift.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        self.samples.gather(indices)
    }

    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<HostBatch, Error> {
        let mut batch = self.samples.gather_in(epoch, indices)?;
        if self.shifts.limit > 0 {
            self.shifts.apply(&mut batch.images, epoch, indices);
        }
        Ok(batch)
    }
}

impl Shifts {
    /// Shifts the images of a batch.
    fn apply(&self, images: &mut [f32], epoch: u64, indices: &[usize]) {
        for (image, &index) in images.chunks_exact_mut(SIDE * SIDE).zip(indices) {
            move_pixels(image, self.shift(epoch, index), self.background);
        }
    }

    /// The shift of image `index` in `epoch`: `[rows down, columns to the right]`.
    fn shift(&self, epoch: u64, index: usize) -> [isize; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ KEY);
        rng.set_stream(epoch);
        rng.set_word_pos(2 * index as u128);
        let (limit, choices) = (self.limit as isize, 2 * self.limit as u64 + 1);
        // The upper bits of the product are nearly uniform, since there are at most 65 choices.
        [(); 2].map(|()| ((u64::from(rng.next_u32()) * choices) >> 32) as isize - limit)
    }
}

/// Moves the pixels of `image` by `[rows down, columns to the right]` and fills the rest with `background`.
fn move_pixels(image: &mut [f32], shift: [isize; 2], background: f32) {
    let original = image.to_vec();
    let ([rows, columns], [to_row, to_column]) = (shift.map(kept), shift.map(|by| by.max(0) as usize));
    image.fill(background);
    for (row, target) in rows.zip(image[to_row * SIDE..].chunks_exact_mut(SIDE)) {
        target[to_column..][..columns.len()].copy_from_slice(&original[row * SIDE..][columns.clone()]);
    }
}

/// The rows or columns that are still inside the image after a shift `by` up to [`SIDE`].
fn kept(by: isize) -> Range<usize> {
    by.min(0).unsigned_abs()..SIDE - by.max(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn a_shift_moves_the_pixels_and_depends_on_the_epoch_and_the_number_alone() {
        let digits = Shifted::new(synthetic::digits(1, 0..50).unwrap(), 2, 7);
        let plain = digits.gather(&[5]).unwrap().images;
        let mut seen = std::collections::BTreeSet::new();
        for epoch in 0..40 {
            let moved = digits.gather_in(epoch, &[9, 5]).unwrap().images;
            let [down, right] = digits.shifts.shift(epoch, 5);
            seen.insert([down, right]);
            assert!(down.abs() <= 2 && right.abs() <= 2);
            assert_eq!(moved[SIDE * SIDE..], digits.gather_in(epoch, &[5]).unwrap().images);
            let (row, column) = (16_usize, 16_usize);
            let target =
                row.checked_add_signed(down).unwrap() * SIDE + column.checked_add_signed(right).unwrap();
            assert_eq!(moved[SIDE * SIDE + target], plain[row * SIDE + column]);
        }
        assert!(seen.len() > 15, "{seen:?}");
    }

    #[test]
    fn every_pixel_moves_by_the_shift_or_is_background() {
        let plain: Vec<f32> = (1..=SIDE * SIDE).map(|place| place as f32).collect();
        for shift in [[0, 0], [3, -5], [-16, 2], [32, 1], [-32, -32]] {
            let mut moved = plain.clone();
            move_pixels(&mut moved, shift, 0.0);
            for (place, value) in moved.into_iter().enumerate() {
                let source = [place / SIDE, place % SIDE].map(|at| at as isize);
                let [row, column] = [source[0] - shift[0], source[1] - shift[1]];
                let is_inside = [row, column].iter().all(|at| (0..SIDE as isize).contains(at));
                let expected = if is_inside { (row * SIDE as isize + column + 1) as f32 } else { 0.0 };
                assert_eq!(value, expected, "{shift:?}, pixel {place}");
            }
        }
    }

    #[test]
    fn a_limit_of_zero_changes_nothing() {
        let digits = Shifted::new(synthetic::digits(1, 0..3).unwrap(), 0, 7);
        assert_eq!(digits.gather_in(4, &[2, 0]).unwrap(), digits.gather(&[2, 0]).unwrap());
    }
}
