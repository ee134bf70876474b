//! [`Digits`]: batches of synthetic digits on the host.

use burn::tensor::{Int, Tensor};
use lenet_data::{DigitSet, HostBatch, SIDE, Samples, synthetic};

use crate::{Array, Error, Kind, Subject};

/// A batch of images and labels on the host.
#[derive(Clone, Debug)]
pub(crate) struct Digits {
    /// Images, `[batch, 1, 32, 32]`.
    pub images: Array,
    /// Labels, `[batch]`.
    pub labels: Vec<usize>,
}

/// Draws synthetic digit `index` and adds noise. Without noise, all pool windows on the background would be
/// ties, which the cases of the network do not test.
///
/// # Errors
/// [`Error::Data`], which one digit does not cause.
pub(crate) fn noisy(seed: u64, index: u64) -> Result<Digits, Error> {
    let digits = plain(seed, index..index + 1)?;
    let noise = Kind::Random.array(&digits.images.shape, seed.wrapping_mul(1 << 20) + index);
    let add = |at: usize| f64::from((digits.images.values[at] + 0.25 * noise.values[at]) as f32);
    Ok(Digits { images: Array::from_fn(&digits.images.shape, add), labels: digits.labels })
}

/// Draws the synthetic digits of `range`, without noise.
///
/// # Errors
/// [`Error::Data`] if the digits do not fit in memory.
pub(crate) fn plain(seed: u64, range: std::ops::Range<u64>) -> Result<Digits, Error> {
    let set: DigitSet = synthetic::digits(seed, range)?;
    let batch: HostBatch = set.gather(&(0..set.len()).collect::<Vec<_>>())?;
    let images = batch.images.into_iter().map(f64::from).collect();
    let labels = batch.labels.into_iter().map(|label| label as usize).collect();
    Ok(Digits { images: Array { shape: vec![set.len(), 1, SIDE, SIDE], values: images }, labels })
}

impl Digits {
    /// Concatenates several batches.
    pub fn stack(batches: Vec<Self>) -> Self {
        let labels = batches.iter().flat_map(|batch| batch.labels.clone()).collect();
        let images = batches.into_iter().map(|batch| batch.images).collect();
        let none = || Array::filled(&[0, 1, SIDE, SIDE], 0.0);
        Self { images: Array::stack(images).unwrap_or_else(none), labels }
    }

    /// Copies the labels to the subject's device.
    pub fn labels_on(&self, subject: &Subject) -> Tensor<1, Int> {
        labels_to_device(&self.labels, subject)
    }

    /// Converts the batch to the type that a loader yields.
    pub fn to_host_batch(&self) -> HostBatch {
        HostBatch::new(
            self.images.values.iter().map(|value| *value as f32).collect(),
            self.labels.iter().map(|label| *label as i64).collect(),
        )
    }
}

/// Copies labels to the subject's device.
pub(crate) fn labels_to_device(labels: &[usize], subject: &Subject) -> Tensor<1, Int> {
    let labels: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
    Tensor::from_ints(labels.as_slice(), &subject.device)
}
