//! The data that weights were trained on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lenet_data::dataset::Part;

use super::data::{DataArgs, Digits};
use super::ensemble_file;
use super::file_url;
use super::print::print_note;
use super::run_folder::{WEIGHTS, in_manifest};
use super::run_settings::{self, SETTINGS};
use super::weights_source::WeightsSource;

/// The data that are named, or else those that the weights were trained on, with the SHA-256 that their training images had then if
/// they are in a folder.
pub(super) fn data_for(
    data: &mut DataArgs,
    weights: &WeightsSource,
) -> anyhow::Result<(Digits, Option<String>)> {
    let of_weights = match weights {
        _ if data.is_given() => None,
        WeightsSource::File(file) => data_of_run(file)?,
        WeightsSource::Ensemble(folder) => ensemble_file::data(folder)?,
        WeightsSource::Pretrained => None,
    };
    let is_of_weights = of_weights.is_some();
    of_weights.into_iter().for_each(|of_weights| data.set(of_weights));
    let digits = data.find(false)?;
    let trained_on = weights.file().and_then(|file| sha256_of_run(&digits, file));
    Ok((digits, trained_on.filter(|_| is_of_weights)))
}

/// The value of `--data` of the run that the weights are in; `None` if they are in the folder of no run.
pub(super) fn data_of_run(weights: &Path) -> anyhow::Result<Option<PathBuf>> {
    let file = weights.with_file_name(SETTINGS);
    if weights.file_name() != Some(WEIGHTS.as_ref()) || !file.exists() {
        return Ok(None);
    }
    let settings: toml::Table = run_settings::read_sealed(&file)
        .and_then(|text| Ok(text.parse()?))
        .context("the data of this run are not known: name them with --data")?;
    let data = settings.get("data").and_then(toml::Value::as_str);
    Ok(data.map(|data| file_url::from_text(data.into())))
}

/// The SHA-256 that training images in a folder had in the run that the weights `file` are in.
pub(super) fn sha256_of_run(digits: &Digits, file: &Path) -> Option<String> {
    let sha256 = file.parent().and_then(|run| in_manifest(run, "/data/sha256"));
    sha256.filter(|_| digits.are_in_folder())
}

/// The SHA-256 of the training images; `None` if they cannot be read, which is no error of the test images.
pub(super) fn sha256_of_training_images(digits: &Digits) -> Option<String> {
    Some(digits.load(Part::Train).ok()?.sha256())
}

/// Says if the training images have another SHA-256 `now` than the weights were `trained_on`: another file in a folder without a test
/// set of its own changes the test set.
pub(super) fn note_change(digits: &Digits, trained_on: Option<String>, now: impl FnOnce() -> Option<String>) {
    let Some(then) = trained_on else { return };
    if now().is_some_and(|now| now != then) {
        print_note(format_args!(
            "{} has changed since the training, or another version of this program read it: some of the test images may have been \
             trained on",
            digits.description
        ));
    }
}
