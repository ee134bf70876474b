//! [`OverfitOneBatch`]: can the module learn anything at all?

use lenet_data::{Loader, Samples};

use crate::{BatchReady, Error, Flow, Hook};

/// Puts one batch in the place of every other. A module that cannot bring its loss on one batch to nearly nothing
/// has a defect that no amount of data will cure.
pub struct OverfitOneBatch<B> {
    batch: B,
    size: usize,
}

impl<B: Clone + 'static> OverfitOneBatch<B> {
    /// Trains on `batch` of `size` samples.
    pub fn new(batch: B, size: usize) -> Self {
        Self { batch, size }
    }

    /// Trains on the first batch of the first epoch.
    ///
    /// # Errors
    /// Those of the loader, or [`lenet_data::Error::BatchSize`] if it has no batch.
    pub fn first_of<S: Samples<Batch = B>>(loader: &Loader<S>) -> Result<Self, Error> {
        let batch = loader.epoch(0).next().unwrap_or(Err(lenet_data::Error::BatchSize))?;
        Ok(Self::new(batch, loader.batch_len(0)))
    }
}

impl<M, B: Clone + 'static> Hook<M> for OverfitOneBatch<B> {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_>) -> Result<Flow, Error> {
        if let Some(batch) = ready.batch::<B>() {
            batch.clone_from(&self.batch);
            ready.batch_size = self.size;
        }
        Ok(Flow::Continue)
    }
}
