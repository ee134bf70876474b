//! [`Ladder`]: the settings that select the cases of a run.

use std::path::PathBuf;

/// Settings that select the cases of a run; [`cases`](Self::cases) builds them. The default is the full
/// ladder with seed 0 and without an exchange folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ladder {
    /// Seed of the random inputs of single operations and of optimizer steps.
    pub seed: u64,
    /// Whether this is the short ladder: fewer shapes and fewer steps.
    pub quick: bool,
    /// Folder for the weights and checkpoints that other subjects read; a temporary folder if `None`.
    pub exchange: Option<PathBuf>,
}

impl Ladder {
    /// The short ladder if `quick`, else the full one.
    pub fn new(seed: u64, quick: bool) -> Self {
        Self { seed, quick, exchange: None }
    }

    /// Writes the exchange files into `folder` and keeps them.
    pub fn with_exchange(mut self, folder: impl Into<PathBuf>) -> Self {
        self.exchange = Some(folder.into());
        self
    }

    /// Batch sizes of operations and of the network.
    pub(crate) fn batches(&self) -> &'static [usize] {
        if self.quick { &[1, 3] } else { &[1, 3, 7, 64] }
    }
}
