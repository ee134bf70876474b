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

/// The data that are named, or else those that the weights were trained on; a note says if these have changed.
pub(super) fn data_for(data: &mut DataArgs, weights: &WeightsSource) -> anyhow::Result<Digits> {
    let of_weights = match weights {
        _ if data.is_given() => None,
        WeightsSource::File(file) => data_of_run(file)?,
        WeightsSource::Ensemble(folder) => ensemble_file::data(folder)?,
        WeightsSource::Pretrained => None,
    };
    let is_of_weights = of_weights.is_some();
    of_weights.into_iter().for_each(|of_weights| data.set(of_weights));
    let digits = data.find(false)?;
    if let (true, Some(file)) = (is_of_weights, weights.file()) {
        note_other_data(&digits, file);
    }
    Ok(digits)
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

/// Says if the training images in a folder have changed since the run that the weights `file` are in. Reads them: another file in a
/// folder without a test set of its own changes the test set.
pub(super) fn note_other_data(digits: &Digits, file: &Path) {
    let then = file.parent().and_then(|run| in_manifest(run, "/data/sha256"));
    let Some(then) = then.filter(|_| digits.are_in_folder()) else { return };
    // An error of these images is none of the test.
    if digits.load(Part::Train).is_ok_and(|train| train.sha256() != then) {
        print_note(format_args!(
            "{} has changed since the training, or another version of this program read it: some of the test images may have been \
             trained on",
            digits.description
        ));
    }
}
