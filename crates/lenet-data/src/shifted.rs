//! [`Shifted`]: digits that are elsewhere in every epoch.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::{DigitSet, Error, HostBatch, SIDE, Samples};

/// Sets the key apart from that of the order of samples, which may come from the same seed.
const KEY: u64 = 0x5348_4946_5445_4421; // "SHIFTED!"

/// Digits that each epoch moves by a few pixels, up to a limit in either direction, at random: a simple augmentation.
/// Where a digit goes is a pure function of (seed, epoch, number of the digit).
///
/// ```
/// use lenet_data::{Loader, Shifted, synthetic};
///
/// let digits = Shifted::new(synthetic::digits(42, 0..100)?, 2, 7); // by up to 2 pixels
/// let loader = Loader::new(digits, 32)?.shuffle(7);
/// # assert_eq!(loader.epoch(0).count(), 4);
/// # Ok::<(), lenet_data::Error>(())
/// ```
pub struct Shifted {
    digits: DigitSet,
    limit: usize,
    seed: u64,
}

impl Shifted {
    /// `digits`, moved by up to `limit` pixels; 0 leaves them where they are.
    pub fn new(digits: DigitSet, limit: usize, seed: u64) -> Self {
        Self { digits, limit: limit.min(SIDE), seed }
    }

    /// How far `epoch` moves digit `index`: rows down and columns to the right.
    fn shift(&self, epoch: u64, index: usize) -> [isize; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ KEY);
        rng.set_stream(epoch);
        rng.set_word_pos(2 * index as u128);
        let (limit, ways) = (self.limit as isize, 2 * self.limit as u64 + 1);
        // The top bits of a product are even enough for so few ways.
        [(); 2].map(|()| ((u64::from(rng.next_u32()) * ways) >> 32) as isize - limit)
    }
}

impl Samples for Shifted {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.digits.len()
    }

    /// The digits where they were drawn.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        self.digits.gather(indices)
    }

    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<HostBatch, Error> {
        let mut batch = self.digits.gather(indices)?;
        let background = (0.0 - crate::MEAN) / crate::STD;
        for (image, &index) in batch.images.chunks_exact_mut(SIDE * SIDE).zip(indices) {
            let [down, right] = self.shift(epoch, index);
            let original = image.to_vec();
            for (place, value) in image.iter_mut().enumerate() {
                let row = (place / SIDE).checked_add_signed(-down).filter(|row| *row < SIDE);
                let column = (place % SIDE).checked_add_signed(-right).filter(|column| *column < SIDE);
                *value = match (row, column) {
                    (Some(row), Some(column)) => original[row * SIDE + column],
                    _ => background,
                };
            }
        }
        Ok(batch)
    }
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
            let [down, right] = digits.shift(epoch, 5);
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
    fn a_limit_of_zero_changes_nothing() {
        let digits = Shifted::new(synthetic::digits(1, 0..3).unwrap(), 0, 7);
        assert_eq!(digits.gather_in(4, &[2, 0]).unwrap(), digits.gather(&[2, 0]).unwrap());
    }
}
