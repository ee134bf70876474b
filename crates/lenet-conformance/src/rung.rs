//! [`Rung`]: the groups of cases, ordered from the simplest to the most complex.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::Error;

/// A group of cases. Each rung builds on the rungs below it, so the lowest failed rung shows where the error
/// is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rung {
    /// The device opens, and values survive the round trip to the device and back.
    Probe,
    /// Forward pass of each operation.
    OpsForward,
    /// Backward pass of each operation, with respect to each input.
    OpsBackward,
    /// Forward pass of the network: every activation and both losses.
    ModelForward,
    /// Backward pass of the network: ten parameter gradients and the input gradient.
    Gradients,
    /// Steps of every optimizer with given gradients.
    OptimizerStep,
    /// A few training steps with every optimizer and both losses.
    Trajectories,
    /// A short training that must reach a minimum accuracy.
    Learning,
    /// Weights and checkpoints that another subject wrote.
    Exchange,
    /// Two runs of a case give the same bits.
    Determinism,
    /// Results do not depend on the previous contents of memory.
    DirtyMemory,
}

impl Rung {
    /// All rungs, the lowest first.
    pub const ALL: [Self; 11] = [
        Self::Probe,
        Self::OpsForward,
        Self::OpsBackward,
        Self::ModelForward,
        Self::Gradients,
        Self::OptimizerStep,
        Self::Trajectories,
        Self::Learning,
        Self::Exchange,
        Self::Determinism,
        Self::DirtyMemory,
    ];

    /// Short description of what the rung compares.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Probe => "the device opens and brings numbers back as it got them",
            Self::OpsForward => "each operation forward",
            Self::OpsBackward => "the gradient of each operation with respect to each input",
            Self::ModelForward => "the network forward, every activation, both losses",
            Self::Gradients => "ten parameter gradients and the input gradient",
            Self::OptimizerStep => "one step of every optimizer from given gradients",
            Self::Trajectories => "training steps with every optimizer and both losses",
            Self::Learning => "training until digits are read; predictions agree",
            Self::Exchange => "weights and checkpoints of one backend read on every other",
            Self::Determinism => "two runs equal in bits",
            Self::DirtyMemory => "results with memory full of NaN before",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Probe => "probe",
            Self::OpsForward => "ops-forward",
            Self::OpsBackward => "ops-backward",
            Self::ModelForward => "model-forward",
            Self::Gradients => "gradients",
            Self::OptimizerStep => "optimizer-step",
            Self::Trajectories => "trajectories",
            Self::Learning => "learning",
            Self::Exchange => "exchange",
            Self::Determinism => "determinism",
            Self::DirtyMemory => "dirty-memory",
        })
    }
}

impl FromStr for Rung {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|rung| rung.to_string() == text);
        found.ok_or_else(|| Error::UnknownRung { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_is_written_in_json_as_it_is_on_the_command_line() {
        for rung in Rung::ALL {
            assert_eq!(serde_json::to_string(&rung).unwrap(), format!("\"{rung}\""));
            assert_eq!(rung.to_string().parse::<Rung>().unwrap(), rung);
        }
        assert!("ops".parse::<Rung>().unwrap_err().to_string().contains("ops-forward"));
    }
}
