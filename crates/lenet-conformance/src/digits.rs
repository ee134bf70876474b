//! Digits for the network to read.

use burn::tensor::{Int, Tensor};
use lenet_data::{DigitSet, HostBatch, SIDE, Samples, synthetic};

use crate::{Array, Error, Kind, Subject};

/// A batch of images with labels, on the host.
#[derive(Clone, Debug)]
pub(crate) struct Digits {
    /// `[batch, 1, 32, 32]`
    pub images: Array,
    /// `[batch]`
    pub labels: Vec<usize>,
}

/// Synthetic digits with noise on them: on a bare background the numbers of every pool window would be equal, and the
/// winner of a tie is not what the network's cases are about.
///
/// # Errors
/// [`Error::Data`] does not happen for so few.
pub(crate) fn noisy(seed: u64, index: u64) -> Result<Digits, Error> {
    let digits = plain(seed, index..index + 1)?;
    let noise = Kind::Random.array(&digits.images.shape, seed.wrapping_mul(1 << 20) + index);
    let add = |at: usize| f64::from((digits.images.values[at] + 0.25 * noise.values[at]) as f32);
    Ok(Digits { images: Array::from_fn(&digits.images.shape, add), labels: digits.labels })
}

/// Synthetic digits as they are.
///
/// # Errors
/// [`Error::Data`] if there are more than memory holds.
pub(crate) fn plain(seed: u64, range: std::ops::Range<u64>) -> Result<Digits, Error> {
    let set: DigitSet = synthetic::digits(seed, range)?;
    let batch: HostBatch = set.gather(&(0..set.len()).collect::<Vec<_>>())?;
    let images = batch.images.into_iter().map(f64::from).collect();
    let labels = batch.labels.into_iter().map(|label| label as usize).collect();
    Ok(Digits { images: Array { shape: vec![set.len(), 1, SIDE, SIDE], values: images }, labels })
}

impl Digits {
    /// All images and labels of several batches.
    pub fn stack(batches: Vec<Self>) -> Self {
        let labels = batches.iter().flat_map(|batch| batch.labels.clone()).collect();
        let images = batches.into_iter().map(|batch| batch.images).collect();
        let none = || Array::filled(&[0, 1, SIDE, SIDE], 0.0);
        Self { images: Array::stack(images).unwrap_or_else(none), labels }
    }

    /// The labels on the device of `subject`.
    pub fn labels_on(&self, subject: &Subject) -> Tensor<1, Int> {
        on_device(&self.labels, subject)
    }

    /// The same in the form of a loader.
    pub fn to_host_batch(&self) -> HostBatch {
        HostBatch::new(
            self.images.values.iter().map(|value| *value as f32).collect(),
            self.labels.iter().map(|label| *label as i64).collect(),
        )
    }
}

/// Labels on the device of `subject`.
pub(crate) fn on_device(labels: &[usize], subject: &Subject) -> Tensor<1, Int> {
    let labels: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
    Tensor::from_ints(labels.as_slice(), &subject.device)
}
