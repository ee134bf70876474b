//! The newest weights in the folder of a run: those of a checkpoint while it trains, the final ones when it has ended.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use burn::module::Module;
use lenet_model::weights::{self, Format};
use lenet_model::{LeNet, Metadata, Normalisation, StateDict};
use lenet_train::Checkpoint;
use serde::Serialize;
use serde_json::Value;

/// The weights of a run that has ended.
const FINAL: &str = "model.safetensors";
const CHECKPOINTS: &str = "checkpoints";
/// Maximum size of `manifest.json`.
const MOST_BYTES: u64 = 1 << 20;

/// Which file has the newest weights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Newest {
    /// When it was written, in microseconds since 1970: a file that is written again has other weights.
    modified: u64,
    /// The file, in the folder of the run.
    file: String,
}

/// The file that was written last, if any was: a resumed run has final weights that are older than its checkpoints.
/// Not `best.ckpt`, which one of the other checkpoints equals when it is written.
pub(super) fn newest(folder: &Path) -> Option<Newest> {
    let in_checkpoints = fs::read_dir(folder.join(CHECKPOINTS)).into_iter().flatten().flatten();
    let names = in_checkpoints.filter_map(|entry| entry.file_name().into_string().ok());
    let checkpoints = names.filter(|name| name.starts_with("step-") && name.ends_with(".ckpt"));
    let files = checkpoints.map(|name| format!("{CHECKPOINTS}/{name}")).chain([FINAL.to_owned()]);
    let dated = files.filter_map(|file| Some(Newest { modified: modified(&folder.join(&file))?, file }));
    dated.max()
}

fn modified(path: &Path) -> Option<u64> {
    let modified: SystemTime = fs::metadata(path).ok()?.modified().ok()?;
    u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_micros()).ok()
}

/// The weights in the file, as a safetensors file. A checkpoint gets the class names and the normalisation of the
/// run's manifest.
pub(super) fn safetensors(folder: &Path, newest: &Newest) -> anyhow::Result<Vec<u8>> {
    let path = folder.join(&newest.file);
    let state =
        if newest.file == FINAL { weights::read_state_dict(&path)? } else { of_checkpoint(folder, &path)? };
    Ok(weights::to_bytes(&state, Format::Safetensors)?)
}

fn of_checkpoint(folder: &Path, path: &Path) -> anyhow::Result<StateDict> {
    let manifest = lenet_files::read(&folder.join("manifest.json"), MOST_BYTES)?;
    let manifest: Value = serde_json::from_slice(&manifest).context("manifest.json is no JSON")?;
    let data = &manifest["data"];
    let number =
        |name: &str| data[name].as_f64().with_context(|| format!("manifest.json has no data.{name}"));
    let names = data["class_names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let normalisation = Normalisation::new(number("mean")? as f32, number("std")? as f32)?;
    let device = lenet_backend::open(&"flex".parse()?)?;
    let net = LeNet::with_classes(number("classes")? as usize, 0, &device)?;
    let net = Checkpoint::load(path)?.load_model(net)?;
    let metadata = Metadata::new().with_class_names(names).with_normalisation(normalisation);
    Ok(net.valid().state_dict()?.with_metadata(metadata)?)
}
