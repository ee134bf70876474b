//! All cases of the ladder, from single operations up to training.

mod activations;
mod affine;
mod affine_ops;
mod decisions;
mod gradients;
mod learning;
mod losses;
mod optimizer_step;
mod oracle_training;
mod selection;
mod special;
mod trajectories;

pub use selection::Ladder;

use crate::repeat::{run_in_dirty_memory, run_twice};
use crate::{Case, Rung, exchange, probe};

impl Ladder {
    /// Builds all cases, in the order of their rungs.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = self.basic_cases();
        let repeated = |rung: Rung| {
            let cases = self.basic_cases().into_iter();
            cases.filter(move |case| case.rung == rung && self.is_repeated(case))
        };
        let rungs = [Rung::OpsBackward, Rung::Gradients, Rung::Trajectories];
        cases.extend(rungs.into_iter().flat_map(repeated).map(run_twice));
        let rungs = [Rung::OpsForward, Rung::OpsBackward, Rung::Gradients];
        cases.extend(rungs.into_iter().flat_map(repeated).map(run_in_dirty_memory));
        cases.sort_by_key(|case| case.rung);
        cases
    }

    /// The cases of all rungs below [`Rung::Determinism`]; the rungs above repeat some of them.
    fn basic_cases(&self) -> Vec<Case> {
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
            exchange::writer_cases(self.exchange.clone()),
        ];
        parts.into_iter().flatten().collect()
    }

    /// Whether the rungs `determinism` and `dirty-memory` repeat `case`: one batch size of each operation and
    /// of the network, the largest that is quick to compute, and two trainings.
    fn is_repeated(&self, case: &Case) -> bool {
        if case.rung == Rung::Trajectories {
            return ["sgd-momentum/cross-entropy", "adam/mse"].contains(&&*case.name);
        }
        let batch = if self.quick { "/batch3/" } else { "/batch7/" };
        case.name.contains(batch) && !case.name.contains("/integers")
    }
}
