//! [`EarlyStopping`] and [`ReduceOnPlateau`]: reactions to a loss that no longer falls.

use serde::{Deserialize, Serialize};

use super::state;
use crate::{AfterEpoch, BatchReady, EpochStart, Error, Flow, Hook};

/// Ends the fit when the validation loss (without validation, the training loss) has not reached a new
/// minimum for several epochs in a row.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    patience: u64,
    plateau: Plateau,
}

impl EarlyStopping {
    /// Accepts `patience` epochs in a row without a new minimum, and ends the fit after one more.
    pub fn new(patience: u64) -> Self {
        Self { patience, plateau: Plateau::new(0.0) }
    }

    /// Counts a loss as a new minimum only if it is lower than the last one by this fraction of it.
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

impl<M, B> Hook<M, B> for EarlyStopping {
    /// A fit that resumes from a checkpoint saved at its end is over at once.
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

/// Lowers the learning rate when the validation loss (without validation, the training loss) has not reached
/// a new minimum for several epochs in a row: PyTorch's `ReduceLROnPlateau` with its defaults, applied to the
/// learning rate of the schedule.
#[derive(Clone, Debug)]
pub struct ReduceOnPlateau {
    factor: f64,
    patience: u64,
    scale: f64,
    plateau: Plateau,
}

impl ReduceOnPlateau {
    /// Multiplies the learning rate by `factor` after more than `patience` epochs in a row without a new
    /// minimum.
    pub fn new(factor: f64, patience: u64) -> Self {
        Self { factor, patience, scale: 1.0, plateau: Plateau::new(1e-4) }
    }

    /// Counts a loss as a new minimum only if it is lower than the last one by this fraction of it.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.plateau.threshold = threshold;
        self
    }

    /// Current factor of the schedule's learning rate.
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl<M, B> Hook<M, B> for ReduceOnPlateau {
    fn batch_ready(&mut self, ready: &mut BatchReady<'_, B>) -> Result<Flow, Error> {
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

/// Minimum of the loss, and number of epochs since then.
#[derive(Clone, Debug)]
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
