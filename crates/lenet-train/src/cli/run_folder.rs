//! [`RunFolder`]: the folder of a run, locked against other programs.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lenet_files::Lock;
use lenet_report::run::Record;
use lenet_train::OptimizerKind;
use serde::Serialize;

use super::manifest::Manifest;
use super::run_settings::{self, SETTINGS};
use super::settings::TrainArgs;

/// The trained weights.
pub(super) const WEIGHTS: &str = "model.safetensors";
/// The metrics of the run, one JSON object per line: see [`lenet_report::run::Record`].
pub(super) const METRICS: &str = "metrics.jsonl";
/// Norms of the layers, one JSON object per line: see [`lenet_report::run::LayerRecord`].
pub(super) const LAYERS: &str = "layers.jsonl";
/// Dead outputs of the layers, one JSON object per line: see [`lenet_report::run::ReluRecord`].
pub(super) const RELUS: &str = "relus.jsonl";
/// The report of the run, if asked for.
pub(super) const REPORT: &str = "report.html";
/// A row for each epoch, if asked for.
pub(super) const TABLE: &str = "epochs.csv";
/// Part of the names of TensorBoard's files, if asked for.
pub(super) const CURVES: &str = "tfevents";
/// The curve of a learning-rate range test.
pub(super) const RANGE_TEST: &str = "range-test.csv";
/// The same as a picture.
pub(super) const RANGE_TEST_CURVE: &str = "range-test.svg";
/// The loss of each step of a training on one batch, as a picture.
pub(super) const ONE_BATCH_CURVE: &str = "one-batch.svg";
/// Description of the run: a [`Manifest`].
pub(super) const MANIFEST: &str = "manifest.json";
/// The folder of the checkpoints.
pub(super) const CHECKPOINTS: &str = "checkpoints";
/// The file that a running training holds locked.
pub(super) const LOCK: &str = ".lock";
/// The last record of a file of metrics is searched in so many bytes at its end.
const TAIL: u64 = 1 << 20;

/// The folder of a run. Only one training at a time has it: the lock ends with the process.
pub(super) struct RunFolder {
    path: PathBuf,
    _lock: Lock,
}

impl RunFolder {
    /// Creates the folder of a new run: `out`, or one under `runs/` with a name of its own. A folder with
    /// another run is an error.
    pub(super) fn create(
        out: Option<&Path>,
        data: &str,
        optimizer: OptimizerKind,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let path = match out {
            Some(out) => {
                has_no_run(out)?;
                fs::create_dir_all(out).with_context(|| cannot_make(out))?;
                out.to_owned()
            }
            None => {
                let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
                create_unused(Path::new("runs"), &format!("{now}-{data}-{optimizer}-seed{seed}"))?
            }
        };
        let folder = Self::locked(path)?;
        has_no_run(&folder.path)?; // Another training may have come first.
        Ok(folder)
    }

    /// Opens the folder of a run to resume.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::locked(path.to_owned())
    }

    fn locked(path: PathBuf) -> anyhow::Result<Self> {
        let lock = lenet_files::lock(&path.join(LOCK))?;
        let lock = lock.with_context(|| {
            format!(
                "{} is in use by another training: wait until it ends, or name another folder",
                path.display()
            )
        })?;
        lenet_files::remove_temporary_files(&path)?;
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the settings and then the manifest: a run that was killed between the two can be resumed.
    pub(super) fn describe(&self, settings: &impl Serialize, manifest: &Manifest<'_>) -> anyhow::Result<()> {
        let settings = run_settings::sealed(&toml::to_string(settings)?);
        lenet_files::write(&self.path.join(SETTINGS), settings.as_bytes())?;
        self.write_manifest(manifest)
    }

    /// Describes a resumed run again, if it has no manifest or another number of epochs.
    pub(super) fn describe_again(&self, args: &TrainArgs, mut manifest: Manifest<'_>) -> anyhow::Result<()> {
        let settings: toml::Table = run_settings::read_sealed(&self.path.join(SETTINGS))?.parse()?;
        let epochs = settings.get("epochs").and_then(toml::Value::as_integer);
        let started = self.in_manifest("/started");
        if epochs == args.length.epochs.map(u64::cast_signed) && started.is_some() {
            return Ok(());
        }
        manifest.started = started.unwrap_or(manifest.started);
        self.describe(args, &manifest)
    }

    /// A text in the manifest, if there is one.
    pub(super) fn in_manifest(&self, pointer: &str) -> Option<String> {
        in_manifest(&self.path, pointer)
    }

    fn write_manifest(&self, manifest: &Manifest<'_>) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(manifest)? + "\n";
        Ok(lenet_files::write(&self.path.join(MANIFEST), text.as_bytes())?)
    }
}

/// Refuses a folder without `file`, which the folder of a run has.
pub(super) fn is_run(folder: &Path, file: &str) -> anyhow::Result<()> {
    ensure!(folder.join(file).exists(), "{} is not the folder of a run: it has no {file}", folder.display());
    Ok(())
}

/// A text in the manifest of the run in `folder`, if there is one.
pub(super) fn in_manifest(folder: &Path, pointer: &str) -> Option<String> {
    let text = lenet_files::read(&folder.join(MANIFEST), TAIL).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&text).ok()?;
    Some(manifest.pointer(pointer)?.as_str()?.to_owned())
}

/// Whether the run in `folder` began with the data or the weights of the SHA-256 `now`, or without any. `pointer` is where its manifest has
/// theirs; `other` and `remedy` are parts of the error.
pub(super) fn began_with(
    folder: &Path,
    pointer: &str,
    now: Option<&str>,
    other: &str,
    remedy: &str,
) -> anyhow::Result<()> {
    let then = in_manifest(folder, pointer);
    ensure!(
        then.as_deref() == now || in_manifest(folder, "/started").is_none(),
        "the run in {} has {other} SHA-256 was {}, is {}; {remedy}, or train anew with another --out",
        folder.display(),
        then.as_deref().unwrap_or("not set"),
        now.unwrap_or("not set")
    );
    Ok(())
}

/// Refuses a folder with a run, or with parts of one that a new run would mix with its own.
pub(super) fn has_no_run(folder: &Path) -> anyhow::Result<()> {
    for name in [
        WEIGHTS,
        METRICS,
        LAYERS,
        RELUS,
        MANIFEST,
        SETTINGS,
        TABLE,
        RANGE_TEST,
        RANGE_TEST_CURVE,
        ONE_BATCH_CURVE,
        CHECKPOINTS,
    ] {
        let file = folder.join(name);
        ensure!(
            !file.exists(),
            "{} exists already: name another folder with --out, or go on with a run there with --resume",
            file.display()
        );
    }
    Ok(())
}

/// Whether a file of this name is a log: it grows with a run, and a run that resumes cuts it off after its checkpoint.
pub(super) fn is_log(name: &str) -> bool {
    [METRICS, LAYERS, RELUS, TABLE].contains(&name) || name.contains(CURVES)
}

/// Whether the folder of a run has a file with `part` in its name.
pub(super) fn has_log(folder: &Path, part: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().contains(part))
}

/// Creates a folder that did not exist, with a number at the end of its name if two runs begin in one second.
pub(super) fn create_unused(parent: &Path, name: &str) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(parent).with_context(|| cannot_make(parent))?;
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    for name in std::iter::once(name.to_owned()).chain(numbered) {
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return created.map(|()| path.clone()).with_context(|| cannot_make(&path)),
        }
    }
    anyhow::bail!("no free name for a run in {}", parent.display())
}

fn cannot_make(folder: &Path) -> String {
    format!("cannot make the folder {}", folder.display())
}

/// Whether the run in `folder` has ended.
pub(super) fn has_ended(folder: &Path) -> bool {
    matches!(last_record(&folder.join(METRICS)), Some(Record::End { .. }))
}

/// The last whole record in a file of metrics; `None` if there is none, or no such regular file.
pub(super) fn last_record(metrics: &Path) -> Option<Record> {
    let mut file = lenet_files::open(metrics, u64::MAX).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_slice(&line).ok()).last()
}
