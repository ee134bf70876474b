//! Initial weights.

use clap::{Args, ValueEnum};
use lenet_model::StateDict;
use serde::Serialize;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Training")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StartArgs {
    /// Initial weights of the first convolution
    #[arg(long, value_enum, default_value = "random", hide_possible_values = false)]
    first_filters: FirstFilters,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum FirstFilters {
    /// Random, as PyTorch's and those of all other layers
    Random,
    /// Edge detectors at six angles, with some noise
    Edges,
}

impl StartArgs {
    /// The initial weights of a network with `classes` outputs.
    pub(crate) fn weights(&self, classes: usize, seed: u64) -> Result<StateDict, lenet_model::Error> {
        let random = StateDict::random_with_classes(classes, seed)?;
        Ok(match self.first_filters {
            FirstFilters::Random => random,
            FirstFilters::Edges => random.with_edges(),
        })
    }
}
