//! [`Accumulate`]: gradient accumulation.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};

use super::state;
use crate::{AfterBackward, EpochStart, Error, Flow, Hook};

/// Gradient accumulation: updates the parameters once per `batches` batches, with the mean of their gradients
/// (Burn's accumulator sums them). If all batches have one size, the update is that of one batch of `batches`
/// times the size. The last update of an epoch takes the batches that remain. Gradients that no update used
/// when the epoch ended, because another hook skipped its last batch or ended it early, are dropped.
///
/// Add this hook before hooks that should see the mean, such as [`ClipGradNorm`](super::ClipGradNorm).
#[derive(Debug)]
pub struct Accumulate {
    batches: u64,
    collected: u64,
    sums: BTreeMap<String, Tensor<1>>,
    /// Sums from a checkpoint, not yet moved to the device.
    restored: BTreeMap<String, TensorData>,
}

impl Accumulate {
    /// Accumulates over `batches` batches; 0 counts as 1.
    pub fn over(batches: u64) -> Self {
        Self { batches, collected: 0, sums: BTreeMap::new(), restored: BTreeMap::new() }
    }
}

impl<M, B> Hook<M, B> for Accumulate {
    fn epoch_start(&mut self, _: &EpochStart) -> Result<Flow, Error> {
        self.collected = 0;
        self.sums.clear();
        self.restored.clear();
        Ok(Flow::Continue)
    }

    fn after_backward(&mut self, backward: &mut AfterBackward<'_, M>) -> Result<Flow, Error> {
        for (name, gradient) in backward.gradients.iter() {
            let restored = self.restored.remove(name);
            let restored = restored.map(|sum| Tensor::from_data(sum, &gradient.device()));
            let sum = match restored.or_else(|| self.sums.remove(name)) {
                Some(sum) => sum.add(gradient),
                None => gradient,
            };
            self.sums.insert(name.to_owned(), sum);
        }
        self.collected += 1;
        if self.collected < self.batches && !backward.last_of_epoch {
            return Ok(Flow::SkipStep);
        }
        let (sums, collected) = (std::mem::take(&mut self.sums), std::mem::take(&mut self.collected));
        for (name, sum) in sums {
            backward.gradients.set(&name, sum.div_scalar(collected as f64));
        }
        Ok(Flow::Continue)
    }

    /// Number of batches collected, then the sums of their gradients.
    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        let sums = self.sums.iter().map(|(name, sum)| (&**name, sum.clone()));
        let mut bytes = self.collected.to_le_bytes().to_vec();
        bytes.extend(state::from_tensors("Accumulate", sums)?);
        Ok(Some(bytes))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let Some((collected, sums)) = state.split_first_chunk() else {
            return Err(Error::HookState {
                hook: "Accumulate".into(),
                reason: "its state is too short".into(),
            });
        };
        self.collected = u64::from_le_bytes(*collected);
        self.restored = state::to_tensors("Accumulate", sums)?.into_iter().collect();
        Ok(())
    }
}
