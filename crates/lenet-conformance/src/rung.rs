//! [`Rung`]: the steps of the ladder, the simplest first.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::Error;

/// A step of the ladder. Each one relies on those below it, so the first that fails is the diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The device opens, says what it is, and brings numbers back as it got them.
    Probe,
    /// Each operation forward.
    OpsForward,
    /// The gradient of each operation with respect to each of its inputs.
    OpsBackward,
    /// The network forward, with every activation, and the losses.
    ModelForward,
    /// The ten gradients of the network and that of its input.
    Gradients,
    /// One step of every optimizer from given gradients.
    OptimizerStep,
    /// Training for some steps with every optimizer and both losses.
    Trajectories,
    /// Training until digits are read.
    Learning,
    /// Weights and checkpoints that other subjects wrote.
    Exchange,
    /// Twice the same work, twice the same bits.
    Determinism,
    /// Results do not depend on what memory held before.
    DirtyMemory,
}

impl Rung {
    /// All of them, from the bottom.
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

    /// What it checks, in a few words.
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
