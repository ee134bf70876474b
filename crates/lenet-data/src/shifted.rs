//! [`Shifted`]: augmentation by random translation.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::{DigitSet, Error, HostBatch, SIDE, Samples};

/// Makes the key differ from that of [`permutation`](crate::permutation), which may have the same seed.
const KEY: u64 = 0x5348_4946_5445_4421; // "SHIFTED!"

/// Augmentation by translation: every epoch shifts every digit by a random number of pixels, up to a limit in
/// each direction. The shift is a pure function of (seed, epoch, index of the digit).
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
pub struct Shifted {
    digits: DigitSet,
    limit: usize,
    seed: u64,
}

impl Shifted {
    /// Shifts `digits` by up to `limit` pixels; 0 does not shift them.
    pub fn new(digits: DigitSet, limit: usize, seed: u64) -> Self {
        Self { digits, limit: limit.min(SIDE), seed }
    }

    /// The shift of digit `index` in `epoch`: `[rows down, columns to the right]`.
    fn shift(&self, epoch: u64, index: usize) -> [isize; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ KEY);
        rng.set_stream(epoch);
        rng.set_word_pos(2 * index as u128);
        let (limit, choices) = (self.limit as isize, 2 * self.limit as u64 + 1);
        // The upper bits of the product are nearly uniform, since there are at most 65 choices.
        [(); 2].map(|()| ((u64::from(rng.next_u32()) * choices) >> 32) as isize - limit)
    }
}

impl Samples for Shifted {
    type Batch = HostBatch;

    fn len(&self) -> usize {
        self.digits.len()
    }

    /// The digits without a shift.
    fn gather(&self, indices: &[usize]) -> Result<HostBatch, Error> {
        self.digits.gather(indices)
    }

    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<HostBatch, Error> {
        let mut batch = self.digits.gather(indices)?;
        let background = self.digits.normalisation().table()[0];
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
