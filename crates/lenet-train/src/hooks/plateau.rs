//! [`EarlyStopping`] and [`ReduceOnPlateau`]: what to do when validation gets no better.

use serde::{Deserialize, Serialize};

use super::state;
use crate::{AfterEpoch, BatchReady, EpochStart, Error, Flow, Hook};

/// Ends the fit when the validation loss (without validation, the training loss) has got no better for so many epochs
/// in a row.
pub struct EarlyStopping {
    patience: u64,
    plateau: Plateau,
}

impl EarlyStopping {
    /// Lets `patience` epochs in a row pass without a new lowest loss, and ends after the next such one.
    pub fn new(patience: u64) -> Self {
        Self { patience, plateau: Plateau::new(0.0) }
    }

    /// Calls a loss lower only if it is so by this share of the lowest one so far.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.plateau.threshold = threshold;
        self
    }

    fn flow(&self) -> Flow {
        let Plateau { waited, best, .. } = self.plateau;
        if waited <= self.patience {
            return Flow::Continue;
        }
        Flow::EndFit(format!("no better for {waited} epochs: the lowest loss was {best}"))
    }
}

impl<M> Hook<M> for EarlyStopping {
    /// A fit that goes on from a checkpoint taken at its end is over.
    fn epoch_start(&mut self, _: &EpochStart) -> Result<Flow, Error> {
        Ok(self.flow())
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        self.plateau.see(epoch);
        Ok(self.flow())
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        state::to_json("EarlyStopping", &self.plateau.save())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        self.plateau.restore(&state::from_json("EarlyStopping", state)?);
        Ok(())
    }
}

/// Lowers the learning rate when the validation loss (without validation, the training loss) has got no better for
/// so many epochs in a row: PyTorch's `ReduceLROnPlateau` with its defaults, but that it multiplies whatever rate the
/// schedule gives.
pub struct ReduceOnPlateau {
    factor: f64,
    patience: u64,
    scale: f64,
    plateau: Plateau,
}

impl ReduceOnPlateau {
    /// Multiplies the rate by `factor` when more than `patience` epochs in a row have brought no new lowest loss.
    pub fn new(factor: f64, patience: u64) -> Self {
        Self { factor, patience, scale: 1.0, plateau: Plateau::new(1e-4) }
    }

    /// Calls a loss lower only if it is so by this share of the lowest one so far.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.plateau.threshold = threshold;
        self
    }

    /// What the rate of the schedule is multiplied by at present.
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl<M> Hook<M> for ReduceOnPlateau {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_>) -> Result<Flow, Error> {
        ready.learning_rate *= self.scale;
        Ok(Flow::Continue)
    }

    fn after_epoch(&mut self, epoch: &AfterEpoch) -> Result<Flow, Error> {
        self.plateau.see(epoch);
        if self.plateau.waited > self.patience {
            self.scale *= self.factor;
            self.plateau.waited = 0;
        }
        Ok(Flow::Continue)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, Error> {
        state::to_json("ReduceOnPlateau", &(self.scale.to_bits(), self.plateau.save()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let (scale, plateau) = state::from_json("ReduceOnPlateau", state)?;
        self.scale = f64::from_bits(scale);
        self.plateau.restore(&plateau);
        Ok(())
    }
}

/// The lowest loss so far, and for how many epochs there was no lower one.
struct Plateau {
    threshold: f64,
    best: f64,
    waited: u64,
}

#[derive(Serialize, Deserialize)]
struct SavedPlateau {
    best_bits: u64,
    waited: u64,
}

impl Plateau {
    fn new(threshold: f64) -> Self {
        Self { threshold, best: f64::INFINITY, waited: 0 }
    }

    fn see(&mut self, epoch: &AfterEpoch) {
        let loss = epoch.valid.map_or(epoch.train_loss, |valid| valid.loss);
        if loss < self.best * (1.0 - self.threshold) {
            (self.best, self.waited) = (loss, 0);
        } else {
            self.waited += 1;
        }
    }

    fn save(&self) -> SavedPlateau {
        SavedPlateau { best_bits: self.best.to_bits(), waited: self.waited }
    }

    fn restore(&mut self, saved: &SavedPlateau) {
        (self.best, self.waited) = (f64::from_bits(saved.best_bits), saved.waited);
    }
}
