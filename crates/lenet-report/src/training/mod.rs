//! Pages about trainings, each as one HTML file: the report (what a run measured, what its network learnt, how well it
//! does, and where it came from), and the overview, a table of runs.

mod network;
mod overview;
mod page;
mod run;
#[cfg(test)]
mod sample;
mod summary;
mod test;

pub use network::{Activation, Example, Network, Weights};
pub use overview::render_overview;
pub(crate) use overview::{SCRIPT as RUNS_SCRIPT, STYLE as RUNS_STYLE, heading as runs_heading, percent};
pub use page::render;
pub use run::Run;
pub use summary::Summary;
pub use test::{Attribution, Images, Test};

use crate::figure::Stage;

/// A report: several runs, and the network and the test of the first one.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The runs. The first one is shown in detail.
    pub runs: Vec<Run>,
    /// The layers of the first run's network.
    pub stages: Vec<Stage>,
    /// What the first run's network learnt.
    pub network: Option<Network>,
    /// How well the first run's network does.
    pub test: Option<Test>,
}

impl Report {
    /// A report of `runs`, without a network and a test.
    pub fn new(runs: Vec<Run>) -> Self {
        Self { runs, ..Self::default() }
    }
}
