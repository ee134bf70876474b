//! [`Samples`]: the data sets that a loader accepts.

use std::marker::PhantomData;
use std::sync::Arc;

use burn::data::dataset::Dataset;

use crate::Error;

/// A data set whose samples have an index and can be gathered into batches.
///
/// [`DigitSet`](crate::DigitSet) implements it, and so does an [`Arc`] of any data set, which several loaders
/// can share; [`BurnSamples`] adapts any Burn [`Dataset`]; your own type
/// implements [`len`](Self::len) and [`gather`](Self::gather).
pub trait Samples: Send + Sync + 'static {
    /// Several samples together, on the host. Prefetch threads may build it.
    type Batch: Send + 'static;

    /// Number of samples.
    fn len(&self) -> usize;

    /// The samples with these indices, in this order.
    ///
    /// # Errors
    /// If a sample cannot be read.
    fn gather(&self, indices: &[usize]) -> Result<Self::Batch, Error>;

    /// The samples with these indices in `epoch`: implement it if augmentation changes them from epoch to
    /// epoch. The result must depend on the epoch and the indices alone. By default it is
    /// [`gather`](Self::gather).
    ///
    /// # Errors
    /// As [`gather`](Self::gather).
    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<Self::Batch, Error> {
        let _ = epoch;
        self.gather(indices)
    }

    /// Whether the data set has no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<S: Samples> Samples for Arc<S> {
    type Batch = S::Batch;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn gather(&self, indices: &[usize]) -> Result<S::Batch, Error> {
        (**self).gather(indices)
    }

    fn gather_in(&self, epoch: u64, indices: &[usize]) -> Result<S::Batch, Error> {
        (**self).gather_in(epoch, indices)
    }
}

/// Adapts a Burn [`Dataset`] to [`Samples`]: a batch is a `Vec` of items.
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

impl<D: Dataset<I>, I> std::fmt::Debug for BurnSamples<D, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BurnSamples({} samples)", self.dataset.len())
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
