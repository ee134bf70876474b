//! `manifest.json`: what was run, on what, and by which program.

use lenet_backend::DeviceSpec;
use lenet_train::{Loss, Optimizer, Schedule};
use serde::Serialize;

use super::recipes::Recipe;
use super::settings::Freeze;

/// Version of Burn. The workspace requires exactly this one, and a test compares it with `Cargo.lock`.
const BURN_VERSION: &str = "0.22.1";

/// Everything that distinguishes one run from another.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    /// Version of the format; raised when a field changes its meaning.
    pub(super) format: u32,
    pub(super) started: String,
    pub(super) settings: Settings,
    pub(super) data: Data<'a>,
    /// The weights that the training started from; `None` if they were drawn from the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) init: Option<Weights>,
    /// The network or ensemble whose answers the training learned from, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) teacher: Option<Weights>,
    pub(super) device: Device,
    pub(super) versions: Versions,
}

/// Settings of the training.
#[derive(Serialize)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) recipe: Recipe,
    /// Number of epochs planned, of which the last one may be cut short.
    pub(super) epochs: u64,
    /// Number of steps planned.
    pub(super) steps: u64,
    pub(super) batch_size: usize,
    pub(super) loss: Loss,
    pub(super) optimizer: Optimizer,
    pub(super) schedule: Schedule,
    /// Layers and parameters that keep their weights, separated by commas, as `--freeze` takes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frozen: Option<Freeze>,
}

/// Weights that a training used.
#[derive(Serialize)]
pub(super) struct Weights {
    /// The file, the folder of an ensemble, or `pretrained`.
    pub(super) weights: String,
    /// SHA-256 of the file; of an ensemble, of the file that names its members with theirs.
    pub(super) sha256: String,
}

/// Training data.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    /// SHA-256 of labels and pixels, images held out for validation included.
    pub(super) sha256: String,
    pub(super) train: usize,
    pub(super) valid: usize,
    pub(super) classes: usize,
    /// Empty if the classes have no names.
    pub(super) class_names: Vec<String>,
    /// Normalisation of the pixels, on a scale from 0 to 1.
    pub(super) mean: f32,
    pub(super) std: f32,
}

/// Where the run was computed.
#[derive(Serialize)]
pub(super) struct Device {
    pub(super) name: String,
    /// Instruction set of the kernels.
    pub(super) kernels: String,
    pub(super) threads: usize,
    pub(super) os: &'static str,
    pub(super) arch: &'static str,
}

/// Versions of the software.
#[derive(Serialize)]
pub(super) struct Versions {
    pub(super) lenet_train: &'static str,
    pub(super) burn: &'static str,
    /// `None` if the program was built from neither a git checkout nor a published package.
    pub(super) git_commit: Option<&'static str>,
}

impl Device {
    pub(super) fn here(spec: DeviceSpec) -> Self {
        Self {
            name: spec.to_string(),
            kernels: lenet_backend::kernels(),
            threads: lenet_threads::threads(),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        }
    }
}

impl Versions {
    pub(super) fn of_this_program() -> Self {
        let commit = env!("LENET_GIT_COMMIT");
        Self {
            lenet_train: env!("CARGO_PKG_VERSION"),
            burn: BURN_VERSION,
            git_commit: (!commit.is_empty()).then_some(commit),
        }
    }
}
