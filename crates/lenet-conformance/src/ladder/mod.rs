//! [`Ladder`]: every case, from single operations up to training.

mod activations;
mod affine;
mod decisions;
mod gradients;
mod learning;
mod losses;
mod optimizer_step;
mod special;
mod trajectories;

use std::path::PathBuf;

use crate::repeat::{in_dirty_memory, twice};
use crate::{Case, Rung, exchange, probe};

/// What chooses the cases.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// Shifts the random inputs of single operations and of optimizer steps.
    pub seed: u64,
    /// Fewer shapes and fewer steps.
    pub quick: bool,
    /// Where to write what other subjects are to read.
    pub exchange: Option<PathBuf>,
}

impl Ladder {
    /// All cases, in the order of their rungs.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = self.single_pass();
        let again = |rung: Rung| {
            let cases = self.single_pass().into_iter();
            cases.filter(move |case| case.rung == rung && self.is_worth_repeating(case))
        };
        let rungs = [Rung::OpsBackward, Rung::Gradients, Rung::Trajectories];
        cases.extend(rungs.into_iter().flat_map(again).map(twice));
        let rungs = [Rung::OpsForward, Rung::OpsBackward, Rung::Gradients];
        cases.extend(rungs.into_iter().flat_map(again).map(in_dirty_memory));
        cases.sort_by_key(|case| case.rung);
        cases
    }

    /// The cases of all rungs that do something of their own.
    fn single_pass(&self) -> Vec<Case> {
        let parts: [Vec<Case>; 11] = [
            probe::cases(),
            affine::cases(self),
            decisions::cases(self),
            losses::cases(self),
            special::cases(),
            activations::cases(self),
            gradients::cases(self),
            optimizer_step::cases(self),
            trajectories::cases(self),
            learning::cases(self),
            exchange::writing(self.exchange.clone()),
        ];
        parts.into_iter().flatten().collect()
    }

    /// One batch of each operation and of the network, the largest that are still quick, and two trainings.
    fn is_worth_repeating(&self, case: &Case) -> bool {
        if case.rung == Rung::Trajectories {
            return ["sgd-momentum/cross-entropy", "adam/mse"].contains(&&*case.name);
        }
        let batch = if self.quick { "/batch3/" } else { "/batch7/" };
        case.name.contains(batch) && !case.name.contains("/integers")
    }

    /// The sizes of batches.
    pub(crate) fn batches(&self) -> &'static [usize] {
        if self.quick { &[1, 3] } else { &[1, 3, 7, 64] }
    }
}
