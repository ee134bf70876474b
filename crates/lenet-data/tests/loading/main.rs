//! From a set of samples to batches: the order, the loader and its threads, Burn's data sets, digits and what
//! the network reads of them.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod batch;
mod burn_samples;
mod digits;
mod distorted;
mod loader;
mod order;
mod prefetch;

use lenet_data::{Error, Samples};

/// The numbers from 0 up to this one: a batch is the numbers asked for.
struct Numbers(usize);

impl Samples for Numbers {
    type Batch = Vec<usize>;

    fn len(&self) -> usize {
        self.0
    }

    fn gather(&self, indices: &[usize]) -> Result<Vec<usize>, Error> {
        Ok(indices.to_vec())
    }
}
