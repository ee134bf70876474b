//! The metrics file: what a program in any language finds in it.

use std::fs;
use std::path::Path;

use lenet_report::run::Record;
use lenet_train::hooks::JsonLines;
use lenet_train::{Error, Evaluation, Trainer};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::perceptron::{Perceptron, loader, loss, points};

/// Fits two epochs of three steps with a metrics hook and a validation.
fn fit(path: &Path, every: u64) {
    let trainer = Trainer::new(loss).epochs(2).hook(JsonLines::append(path, every).unwrap());
    let trainer = trainer.validate(|_| Ok(Evaluation::new(0.5, 4).with_accuracy(0.75)));
    trainer.fit(Perceptron::new(1), &loader(&points(6), 2)).unwrap();
}

/// A file for one test, with the folder that it is in.
fn scratch() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    (folder, path)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(path: &Path) -> Vec<String> {
    lines(path).iter().map(|line| format!("{} {}", line["event"].as_str().unwrap(), line["step"])).collect()
}

fn fields(line: &Value) -> Vec<&str> {
    line.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn steps_and_epochs_come_in_order() {
    let (_folder, path) = scratch();
    fit(&path, 1);
    assert_eq!(
        events(&path),
        ["step 1", "step 2", "step 3", "epoch 3", "step 4", "step 5", "step 6", "epoch 6"]
    );
}

#[test]
fn every_so_many_steps_are_written() {
    let (_folder, path) = scratch();
    fit(&path, 4);
    assert_eq!(events(&path), ["epoch 3", "step 4", "epoch 6"]);
}

#[test]
fn every_0_writes_no_steps() {
    let (_folder, path) = scratch();
    fit(&path, 0);
    assert_eq!(events(&path), ["epoch 3", "epoch 6"]);
}

#[test]
fn a_file_that_is_there_is_added_to() {
    let (_folder, path) = scratch();
    fs::write(&path, "{\"event\":\"step\",\"step\":0}\n").unwrap();
    fit(&path, 0);
    assert_eq!(events(&path), ["step 0", "epoch 3", "epoch 6"]);
}

#[test]
fn the_fields_have_the_names_that_are_documented() {
    let (_folder, path) = scratch();
    fit(&path, 3);
    let end = Record::End {
        epochs: 2,
        steps: 6,
        reason: "completed".into(),
        test_loss: Some(0.5),
        test_accuracy: Some(0.875),
        seconds: 2.0,
        samples_per_second: 3.0,
    };
    JsonLines::append(&path, 0).unwrap().write(&end).unwrap();

    let lines = lines(&path);
    assert_eq!(fields(&lines[0]), ["epoch", "event", "learning_rate", "loss", "step"]);
    assert_eq!((&lines[0]["epoch"], &lines[0]["learning_rate"]), (&json!(0), &json!(0.01)));
    assert_eq!(
        fields(&lines[1]),
        [
            "epoch",
            "event",
            "samples_per_second",
            "seconds",
            "step",
            "train_loss",
            "valid_accuracy",
            "valid_loss"
        ]
    );
    assert_eq!((&lines[1]["valid_loss"], &lines[1]["valid_accuracy"]), (&json!(0.5), &json!(0.75)));
    let expected = json!({
        "event": "end", "epochs": 2, "steps": 6, "reason": "completed", "test_loss": 0.5,
        "test_accuracy": 0.875, "seconds": 2.0, "samples_per_second": 3.0,
    });
    assert_eq!(lines[4], expected);
}

#[test]
fn a_hook_that_was_lent_can_be_written_to_afterwards() {
    let (_folder, path) = scratch();
    let mut metrics = JsonLines::append(&path, 2).unwrap();
    Trainer::new(loss).hook(&mut metrics).fit(Perceptron::new(1), &loader(&points(4), 2)).unwrap();
    metrics.write(&Record::Step { epoch: 1, step: 9, loss: None, learning_rate: 0.5 }).unwrap();
    assert_eq!(events(&path), ["step 2", "epoch 2", "step 9"]);
}

/// Any number, the three that JSON does not have among them.
fn number() -> impl Strategy<Value = f64> {
    use prop::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, QUIET_NAN, ZERO};
    POSITIVE | NEGATIVE | NORMAL | ZERO | INFINITE | QUIET_NAN
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_number_that_is_not_finite_is_null_and_reads_back(rate in number(), loss in number()) {
        let (_folder, path) = scratch();
        let record =
            Record::Epoch {
                epoch: 1,
                step: 2,
                train_loss: Some(loss),
                valid_loss: None,
                valid_accuracy: None,
                seconds: 0.0,
                samples_per_second: rate,
            };
        JsonLines::append(&path, 0).unwrap().write(&record).unwrap();

        let line = &lines(&path)[0];
        prop_assert_eq!(line["samples_per_second"].is_null(), !rate.is_finite());
        let read: Record = serde_json::from_value(line.clone()).unwrap();
        let Record::Epoch { train_loss, samples_per_second, .. } = read else { panic!("{read:?}") };
        // Parsing may be off by one unit in the last place.
        let same = |read: Option<f64>, written: f64| match read {
            Some(read) => (read - written).abs() <= 2.0 * f64::EPSILON * written.abs(),
            None => !written.is_finite(),
        };
        prop_assert!(same(train_loss, loss), "{train_loss:?}");
        prop_assert!(same(Some(samples_per_second).filter(|rate| !rate.is_nan()), rate), "{samples_per_second}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_an_error_that_names_it() {
    let (_folder, path) = scratch();
    let path = path.join("below-a-folder-that-is-not-there");
    let error = JsonLines::append(&path, 1).err().unwrap();
    assert!(matches!(&error, Error::Io { path: named, .. } if *named == path));
    assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
}
