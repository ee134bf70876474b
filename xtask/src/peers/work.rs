//! [`Work`]: the kinds of work that are measured.

use clap::ValueEnum;
use serde::Serialize;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Training steps with cross-entropy and SGD with momentum
    Train,
    /// Training steps with the mean squared error and plain SGD
    TrainMse,
    /// Images in memory to logits
    Infer,
    /// Whole programs: start, load, train an epoch at batch 64, evaluate; their time and memory
    Epoch,
}

impl Work {
    /// Name in a request to a program.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::TrainMse => "train-mse",
            Self::Infer => "infer",
            Self::Epoch => "epoch",
        }
    }

    /// Heading in the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Train => "Training, cross-entropy, SGD with momentum 0.9",
            Self::TrainMse => "Training, mean squared error, plain SGD",
            Self::Infer => "Inference",
            Self::Epoch => "One epoch",
        }
    }
}
