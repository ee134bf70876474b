//! `ensemble.json`: the members of an ensemble, whose weights lie beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use lenet_model::{Classifier, weights};
use serde::{Deserialize, Serialize};

use lenet_backend::Device;

use super::file_url;
use super::run_settings::sha256;

/// File name.
pub(super) const NAME: &str = "ensemble.json";
/// Limit of the size of the file.
pub(super) const MOST_BYTES: u64 = 1 << 20;
/// Version of the format.
const FORMAT: u32 = 1;

/// The content of the file.
#[derive(Serialize, Deserialize)]
pub(super) struct EnsembleFile {
    /// Version of the format.
    pub(super) format: u32,
    /// The temperature that the logarithms of the mean probabilities are divided by.
    pub(super) temperature: Option<f64>,
    /// The value of `--data` of the members' runs; absent in files of 0.1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<String>,
    pub(super) members: Vec<Member>,
}

/// A member of an ensemble.
#[derive(Serialize, Deserialize)]
pub(super) struct Member {
    /// Name of the file with its weights, in the same folder.
    pub(super) file: String,
    /// SHA-256 of that file.
    pub(super) sha256: String,
    /// The run that it comes from, for a person.
    pub(super) run: String,
}

impl EnsembleFile {
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok(lenet_files::write(&folder.join(NAME), text.as_bytes())?)
    }
}

/// The value of `--data` that the members of the ensemble in `folder` were trained with.
pub(super) fn data(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(content(&folder.join(NAME))?.data.map(|data| file_url::from_text(data.into())))
}

fn content(file: &Path) -> anyhow::Result<EnsembleFile> {
    let text = lenet_files::read(file, MOST_BYTES)?;
    let found: EnsembleFile =
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", file.display()))?;
    ensure!(found.format == FORMAT, "{}: format {}, expected {FORMAT}", file.display(), found.format);
    Ok(found)
}

/// The ensemble in `folder`, on a device.
pub(super) fn read(folder: &Path, device: &Device) -> anyhow::Result<Classifier> {
    let file = folder.join(NAME);
    let found = content(&file)?;
    let member = |member: &Member| {
        let is_name = Path::new(&member.file).file_name().is_some_and(|name| name == member.file.as_str());
        ensure!(is_name, "{}: `{}` is no name of a file beside it", file.display(), member.file);
        let path = folder.join(&member.file);
        let bytes = lenet_files::read(&path, weights::LARGEST_FILE)?;
        ensure!(
            sha256(&bytes) == member.sha256,
            "{} is damaged: its SHA-256 is not the one in {NAME}",
            path.display()
        );
        Ok(Classifier::with_state_dict(&weights::from_file_bytes(&path, &bytes)?, device))
    };
    let members = found.members.iter().map(member).collect::<anyhow::Result<Vec<_>>>()?;
    let ensemble = Classifier::ensemble(members).with_context(|| file.display().to_string())?;
    let mut metadata = ensemble.metadata().clone();
    metadata.temperature = found.temperature;
    Ok(ensemble.with_metadata(metadata)?)
}
