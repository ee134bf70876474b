//! What the fuzzers run: for each reader of files from outside, a function of the bytes of one file.
//!
//! A reader may refuse a file, but it must not panic, hang, or take much more memory than the file; and a
//! file that it accepts must give a value that can be written and read again.
//!
//! `tests/corpus.rs` runs each function on the stored inputs with stable Rust. `cargo xtask fuzz` searches
//! for new ones with libFuzzer.

use std::path::Path;

use lenet_data::dataset::{Dataset, Part};
use lenet_data::{idx, photo};
use lenet_model::StateDict;
use lenet_model::weights::{self, Format};
use lenet_report::run::Record;
use lenet_train::Checkpoint;

/// Runs one input.
pub type Target = fn(&[u8]);

/// The targets, by the names of their programs in `fuzz_targets/` and their folders in `corpus/`.
pub const TARGETS: [(&str, Target); 9] = [
    ("idx", idx),
    ("picture", picture),
    ("safetensors", safetensors),
    ("pytorch", pytorch),
    ("burnpack", burnpack),
    ("checkpoint", checkpoint),
    ("record", record),
    ("settings", settings),
    ("csv", csv),
];

/// A file of images and the file of its labels. The first two bytes of `bytes` are the length of the labels.
pub fn idx(bytes: &[u8]) {
    let Some((length, files)) = bytes.split_first_chunk() else { return };
    let (labels, images) = files.split_at(usize::from(u16::from_be_bytes(*length)).min(files.len()));
    in_file(images, |images| {
        in_file(labels, |labels| {
            if let Ok(digits) = idx::read(images, labels) {
                assert!(digits.labels().iter().all(|label| *label < 10));
                assert_eq!(digits.labels().len(), digits.len());
            }
        });
    });
}

/// A CSV file of images.
pub fn csv(bytes: &[u8]) {
    let folder = scratch();
    write(&folder.path().join("train.csv"), bytes);
    let Ok(data) = Dataset::find(folder.path()) else { return };
    for part in [Part::Train, Part::Valid, Part::Test] {
        if let Ok(images) = data.load(part) {
            assert!(images.labels().iter().all(|label| usize::from(*label) < images.classes()));
        }
    }
}

/// A photograph in any of the formats.
pub fn picture(bytes: &[u8]) {
    if let Ok(pixels) = photo::decode("picture".as_ref(), bytes) {
        assert!(pixels.iter().any(|pixel| *pixel > 0), "a digit without ink");
    }
}

/// Weights in safetensors.
pub fn safetensors(bytes: &[u8]) {
    weights_in(bytes, Format::Safetensors);
}

/// Weights as `torch.save` writes them. They are read from a file only.
pub fn pytorch(bytes: &[u8]) {
    let folder = scratch();
    let path = folder.path().join("weights.pt");
    write(&path, bytes);
    if let Ok(state) = weights::read_state_dict(&path) {
        check(&state);
    }
}

/// Weights in Burn's format.
pub fn burnpack(bytes: &[u8]) {
    weights_in(bytes, Format::Burnpack);
}

fn weights_in(bytes: &[u8], format: Format) {
    if let Ok(state) = weights::from_bytes(bytes, format) {
        check(&state);
    }
}

fn check(state: &StateDict) {
    let again = weights::to_bytes(state, Format::Safetensors);
    let again = again.and_then(|bytes| weights::from_bytes(&bytes, Format::Safetensors));
    let same = again.is_ok_and(|again| bits(&again).eq(bits(state)));
    assert!(same, "weights that were read are written and read again");
}

/// The numbers as bits: NaN is equal to itself.
fn bits(state: &StateDict) -> impl Iterator<Item = u32> {
    state.parameters().iter().flat_map(|parameter| parameter.values.iter().map(|value| value.to_bits()))
}

/// A checkpoint of a training.
pub fn checkpoint(bytes: &[u8]) {
    in_file(bytes, |path| {
        if let Ok(checkpoint) = Checkpoint::load(path) {
            let _ = (checkpoint.step(), checkpoint.epoch(), checkpoint.settings().len());
        }
    });
}

/// The lines of a metrics file.
pub fn record(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(record) = serde_json::from_slice::<Record>(line) {
            let again =
                serde_json::to_string(&record).map(|line| serde_json::from_str::<Record>(&line).is_ok());
            assert!(again.unwrap_or(false), "a record that was read is written and read again: {record:?}");
        }
    }
}

/// A settings file.
pub fn settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines = 1 + text.matches('\n').count();
    for setting in lenet_train::settings::parse(text).unwrap_or_default() {
        assert!((1..=lines).contains(&setting.line), "a line outside the file: {setting:?}");
        // A flag of another name would set what the file does not.
        let rest = setting.flag.as_deref().map(|flag| flag.strip_prefix(&format!("--{}", setting.key)));
        let is_named =
            rest.is_none_or(|rest| rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('=')));
        assert!(is_named, "a flag with another name than its key: {setting:?}");
    }
}

fn in_file(bytes: &[u8], work: impl FnOnce(&Path)) {
    let folder = scratch();
    let path = folder.path().join("input");
    write(&path, bytes);
    work(&path);
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("cannot write a temporary file: {error}"));
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("cannot make a temporary folder: {error}"))
}
