//! Checkpoints with a right SHA-256 and a position at which the training cannot have been.

use std::fs;

use lenet_train::{Checkpoint, Checkpoints, Error, OptimizerKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::run::Run;

/// Lengths of the beginning of the file, up to the header, and of the sum at its end.
const PREFIX: usize = 24;
const SUM: usize = 32;

/// A checkpoint with some fields of its position replaced, sealed again.
fn resealed(bytes: &[u8], fields: &[(&str, Value)]) -> Vec<u8> {
    let length = u32::from_le_bytes(bytes[20..24].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[PREFIX..PREFIX + length]).unwrap();
    for (name, value) in fields {
        header["header"]["position"][*name] = value.clone();
    }
    let header = serde_json::to_vec(&header).unwrap();
    let rest = &bytes[PREFIX + length..bytes.len() - SUM];
    let total = (PREFIX + header.len() + rest.len() + SUM) as u64;
    let (length, total) = ((header.len() as u32).to_le_bytes(), total.to_le_bytes());
    let mut sealed = [&bytes[..12], &total, &length, &header, rest].concat();
    sealed.extend(Sha256::digest(&sealed));
    sealed
}

#[test]
fn an_impossible_position_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Run::new(folder.path(), OptimizerKind::Sgd).stop_at(7).fit().unwrap(); // 2 epochs of 5 batches
    let latest = Checkpoints::latest(folder.path().join("checkpoints")).unwrap().checkpoint.unwrap();
    let bytes = fs::read(latest.path()).unwrap();
    let refit = |fields: &[(&str, Value)]| {
        fs::write(latest.path(), resealed(&bytes, fields)).unwrap();
        let mut run = Run::new(folder.path(), OptimizerKind::Sgd);
        run.resume = Some(Checkpoint::load(latest.path()).unwrap());
        run.fit()
    };
    for (field, value) in [
        ("epoch", 0),
        ("epoch", 2),
        ("epoch", u64::MAX),
        ("batch", 0),
        ("batch", 3),
        ("batch", 6),
        ("batch", u64::MAX),
        ("step", 0),
        ("step", 6),
        ("step", 8),
        ("step", u64::MAX),
        ("left_out", 1),
    ] {
        let error = refit(&[(field, json!(value))]).unwrap_err();
        assert!(matches!(error, Error::Checkpoint { .. }), "{error}");
        assert!(error.to_string().contains("of another training: its position"), "{field} {value}: {error}");
    }
    // Nothing but what cannot be: the same position, and that of a version that did not count what it left
    // out.
    assert_eq!(refit(&[]).unwrap().steps, 10);
    assert_eq!(refit(&[("left_out", Value::Null)]).unwrap().steps, 10);
}
