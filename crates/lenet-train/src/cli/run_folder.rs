//! The folder of a run: where it is, and the manifest that says what was run.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn_pack::AtomicFile;
use lenet_backend::DeviceSpec;
use lenet_train::{Loss, Optimizer, OptimizerKind, Schedule};
use serde::Serialize;

/// The trained weights.
pub(super) const WEIGHTS: &str = "model.safetensors";
/// The numbers of the run, one JSON object a line: see [`lenet_report::run::Record`].
pub(super) const METRICS: &str = "metrics.jsonl";
/// A row for each epoch, if asked for.
pub(super) const TABLE: &str = "epochs.csv";
/// The curve of a learning-rate range test.
pub(super) const RANGE_TEST: &str = "range-test.csv";
/// What was run: a [`Manifest`].
pub(super) const MANIFEST: &str = "manifest.json";

/// The flags of the run, for `--config`.
pub(super) const SETTINGS: &str = "run.toml";

/// All that tells one run from another.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    /// Of this file; raised when a field changes its meaning.
    pub(super) format: u32,
    pub(super) started: String,
    pub(super) settings: Settings,
    pub(super) data: Data<'a>,
    pub(super) device: Device,
    pub(super) versions: Versions,
}

/// What the run was asked for.
#[derive(Serialize)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) epochs: usize,
    pub(super) batch_size: usize,
    pub(super) loss: Loss,
    pub(super) optimizer: Optimizer,
    pub(super) schedule: Schedule,
}

/// What it was trained on.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    /// Of the labels and pixels before any were held out.
    pub(super) sha256: String,
    pub(super) train: usize,
    pub(super) valid: usize,
}

/// Where it was computed.
#[derive(Serialize)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) threads: usize,
    pub(super) os: &'static str,
    pub(super) arch: &'static str,
}

/// What computed it.
#[derive(Serialize)]
pub(super) struct Versions {
    pub(super) lenet_train: &'static str,
    pub(super) burn: &'static str,
    /// `None` if it was not built from a git checkout.
    pub(super) git_commit: Option<&'static str>,
}

impl Device {
    pub(super) fn here(spec: DeviceSpec) -> Self {
        Self {
            name: spec.to_string(),
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
            burn: env!("LENET_BURN_VERSION"),
            git_commit: (!commit.is_empty()).then_some(commit),
        }
    }
}

/// Makes the folder of a run: `out`, or a new one under `runs/`. One that holds a run already is left alone.
pub(super) fn create(
    out: Option<&Path>,
    data: &str,
    optimizer: OptimizerKind,
    seed: u64,
) -> anyhow::Result<PathBuf> {
    let folder = match out {
        Some(out) => out.to_owned(),
        None => {
            let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
            unused(&Path::new("runs").join(format!("{now}-{data}-{optimizer}-seed{seed}")))
        }
    };
    has_no_run(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// Refuses a folder that holds a run.
pub(super) fn has_no_run(folder: &Path) -> anyhow::Result<()> {
    for name in [WEIGHTS, METRICS, MANIFEST, SETTINGS] {
        let file = folder.join(name);
        ensure!(!file.exists(), "{} exists already: name another folder with --out", file.display());
    }
    Ok(())
}

/// `folder`, or with a number behind it if two runs begin in one second.
fn unused(folder: &Path) -> PathBuf {
    let numbered = (2..).map(|number| PathBuf::from(format!("{}-{number}", folder.display())));
    std::iter::once(folder.to_owned()).chain(numbered).find(|folder| !folder.exists()).unwrap_or_default()
}

/// Writes the manifest.
pub(super) fn write_manifest(folder: &Path, manifest: &Manifest<'_>) -> anyhow::Result<()> {
    write_whole(&folder.join(MANIFEST), serde_json::to_string_pretty(manifest)? + "\n")
}

/// Writes the settings as `--config` reads them.
pub(super) fn write_settings(folder: &Path, settings: &impl Serialize) -> anyhow::Result<()> {
    write_whole(&folder.join(SETTINGS), toml::to_string(settings)?)
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, text: String) -> anyhow::Result<()> {
    let cannot_write = || format!("cannot write {}", path.display());
    let (scratch, mut file) = AtomicFile::create(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot_write)?;
    drop(file);
    Ok(scratch.commit()?)
}
