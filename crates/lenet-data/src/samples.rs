//! [`Samples`]: what a loader draws its batches from.

use std::marker::PhantomData;

use burn::data::dataset::Dataset;

use crate::Error;

/// A set of numbered samples that can be gathered into batches.
///
/// [`DigitSet`](crate::DigitSet) implements it without a copy of a single sample; [`BurnSamples`] makes one
/// of any Burn [`Dataset`]; a type of your own needs these two functions.
pub trait Samples: Send + Sync + 'static {
    /// Some samples together. It lives on the host: other threads may build it.
    type Batch: Send + 'static;

    /// The number of samples.
    fn len(&self) -> usize;

    /// The samples with these numbers, in this order.
    ///
    /// # Errors
    /// Whatever keeps a sample from being read.
    fn gather(&self, indices: &[usize]) -> Result<Self::Batch, Error>;

    /// The samples as `epoch` shows them: [`gather`](Self::gather), unless the set changes from epoch to epoch.
    /// What comes must depend on nothing but the epoch and the numbers.
    ///
    /// # Errors
    /// As [`gather`](Self::gather).
    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<Self::Batch, Error> {
        let _ = epoch;
        self.gather(indices)
    }

    /// Whether there is no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A Burn [`Dataset`] as [`Samples`]: a batch is the `Vec` of its items.
pub struct BurnSamples<D, I> {
    dataset: D,
    item: PhantomData<fn() -> I>,
}

impl<D: Dataset<I>, I> BurnSamples<D, I> {
    /// Wraps `dataset`.
    pub fn new(dataset: D) -> Self {
        Self { dataset, item: PhantomData }
    }
}

impl<D: Dataset<I> + 'static, I: Send + 'static> Samples for BurnSamples<D, I> {
    type Batch = Vec<I>;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn gather(&self, indices: &[usize]) -> Result<Vec<I>, Error> {
        let get = |&index| {
            self.dataset.get(index).map_err(|error| Error::Sample { index, reason: error.to_string() })
        };
        indices.iter().map(get).collect()
    }
}
