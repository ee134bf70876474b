//! [`Digits`]: labelled images to train on.

use lenet_data::{DigitSet, idx, synthetic};

use super::PIXELS;
use crate::Error;

/// Maximum number of synthetic digits in a set: 200 MB.
const MOST_SYNTHETIC: u64 = 200_000;

/// Synthetic digit `index` of the set with this `seed`: `[32 × 32]` pixels, and the label, which is `index` modulo
/// 10.
pub fn sample(seed: u64, index: u64) -> ([u8; PIXELS], u8) {
    synthetic::draw(seed, index)
}

/// Labelled images of digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Digits(pub(super) DigitSet);

impl Digits {
    /// `count` synthetic digits of the set `seed`, from digit `first` on.
    ///
    /// # Errors
    /// [`Error::Argument`] if `count` is above 200,000 or there are no such digits.
    pub fn synthetic(seed: u64, first: u64, count: u64) -> Result<Self, Error> {
        let end = first.checked_add(count).filter(|_| count <= MOST_SYNTHETIC);
        let end = end.ok_or_else(|| {
            Error::argument("the number of digits", count, format!("at most {MOST_SYNTHETIC}"))
        })?;
        Ok(Self(synthetic::digits(seed, first..end)?))
    }

    /// The bytes of MNIST's files of images and labels, gzip or not.
    ///
    /// # Errors
    /// [`Error::Data`] if the bytes are no such files, or do not belong together.
    pub fn from_idx(images: &[u8], labels: &[u8]) -> Result<Self, Error> {
        Ok(Self(idx::from_bytes(images, labels)?))
    }

    /// Images `[n, 32, 32]` and their labels `[n]`, 0 to 9.
    ///
    /// # Errors
    /// [`Error::Data`] if the numbers do not match or a label is above 9.
    pub fn from_images(images: &[u8], labels: &[u8]) -> Result<Self, Error> {
        Ok(Self(DigitSet::new(images.to_vec(), labels.to_vec(), 32, 32)?))
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Image `index` in the middle of 32×32 pixels, and its label.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no such image.
    pub fn get(&self, index: usize) -> Result<([u8; PIXELS], u8), Error> {
        if index >= self.len() {
            return Err(Error::argument("the index", index, format!("less than {}", self.len())));
        }
        let (height, width) = (self.0.height(), self.0.width());
        let mut padded = [0; PIXELS];
        let first = (32 - height) / 2 * 32 + (32 - width) / 2;
        for (row, pixels) in self.0.image(index).chunks_exact(width).enumerate() {
            padded[first + row * 32..][..width].copy_from_slice(pixels);
        }
        Ok((padded, self.0.label(index)))
    }

    /// Removes the images from `at` on, and returns them.
    pub fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }
}
