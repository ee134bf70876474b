//! [`OverfitOneBatch`]: a test of whether the module can learn at all.

use lenet_data::{Loader, Samples};

use crate::{BatchReady, Error, Flow, Hook};

/// Replaces every batch by one batch. A module whose loss on one batch does not fall to nearly 0 has a defect
/// that more data does not cure.
#[derive(Clone, Debug)]
pub struct OverfitOneBatch<B> {
    batch: B,
    size: u64,
}

impl<B: Clone> OverfitOneBatch<B> {
    /// Trains on `batch` of `size` samples.
    pub fn new(batch: B, size: u64) -> Self {
        Self { batch, size }
    }

    /// Trains on the first batch of the first epoch.
    ///
    /// # Errors
    /// [`Error::NoBatches`] if the loader is empty, and the errors of the loader.
    pub fn first_of<S: Samples<Batch = B>>(loader: &Loader<S>) -> Result<Self, Error> {
        let batch = loader.epoch(0).next().ok_or(Error::NoBatches("OverfitOneBatch"))??;
        Ok(Self::new(batch, loader.batch_len(0) as u64))
    }
}

impl<M, B: Clone> Hook<M, B> for OverfitOneBatch<B> {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
        ready.batch.clone_from(&self.batch);
        ready.batch_size = self.size;
        Ok(Flow::Continue)
    }
}
