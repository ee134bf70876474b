//! `--teacher`: training on the answers of a trained network or of an ensemble.

use std::fs;

use lenet_model::{StateDict, weights};

use crate::scratch::Scratch;

/// A folder with digits, and a run `teacher` on them.
fn with_teacher() -> Scratch {
    let scratch = Scratch::with_digits();
    scratch.train("teacher", &["--epochs=4"]);
    scratch
}

/// The last loss that a run recorded.
fn loss(scratch: &Scratch, run: &str) -> f32 {
    let records = scratch.metrics(&format!("{run}/metrics.jsonl"));
    records.iter().filter_map(|record| record.batch_loss()).next_back().unwrap().1
}

#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], expected: &str) {
    let ended = scratch.run(&[&["--data=digits", "--out=refused"], arguments].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with(&format!("error: {expected}")), "{}", ended.stderr);
    assert!(!scratch.path("refused").exists());
}

/// From the teacher's own weights, nothing is left to learn: at any temperature the distance is 0, and so is its gradient.
#[test]
fn a_network_with_the_weights_of_its_teacher_keeps_them() {
    let scratch = with_teacher();
    let own =
        ["--recipe=none", "--weight-decay=0", "--init=teacher", "--log-every=1", "--teacher", "teacher"];
    for (run, more) in [("one", &[][..]), ("four", &["--teacher-temperature=4"])] {
        scratch.train(run, &[&own[..], more].concat());
        assert!(loss(&scratch, run).abs() < 1e-6, "{}", loss(&scratch, run));
        let [before, after] = ["teacher", run]
            .map(|run| weights::read_state_dict(&scratch.path(&format!("{run}/model.safetensors"))).unwrap());
        for (before, after) in before.parameters().iter().zip(after.parameters()) {
            let off = before.values.iter().zip(&after.values).map(|(one, other)| (one - other).abs());
            assert!(off.fold(0.0, f32::max) < 1e-6, "{}", before.name);
        }
    }
}

#[test]
fn with_a_share_of_0_the_labels_alone_count() {
    let scratch = with_teacher();
    scratch.train("alone", &["--recipe=none"]);
    scratch.train("share", &["--recipe=none", "--teacher=teacher", "--teacher-share=0"]);
    assert!(scratch.weights("share") == scratch.weights("alone"));
    scratch.train("half", &["--recipe=none", "--teacher=teacher", "--teacher-share=0.5"]);
    scratch.train("all", &["--recipe=none", "--teacher=teacher"]);
    assert!(
        scratch.weights("half") != scratch.weights("alone")
            && scratch.weights("half") != scratch.weights("all")
    );
}

#[test]
fn labels_count_for_nothing_beside_a_teacher_unless_a_share_is_left_to_them() {
    let scratch = with_teacher();
    scratch.train("default", &["--teacher=teacher"]); // A recipe with label smoothing.
    let settings = fs::read_to_string(scratch.path("default/run.toml")).unwrap();
    assert!(!settings.contains("smoothing"), "{settings}");
    scratch.train("again", &["--config=default/run.toml", "--teacher-share=0.9", "--smoothing=0.1"]);
    let reason = "does nothing beside --teacher: it is for a --teacher-share below 1";
    refused(&scratch, &["--teacher=teacher", "--smoothing=0.1"], &format!("--smoothing {reason}"));
    refused(&scratch, &["--teacher=teacher", "--loss=mse"], &format!("--loss {reason}"));
    for flag in ["--teacher-share", "--teacher-temperature"] {
        refused(&scratch, &[flag, "0.5"], &format!("{flag} does nothing without --teacher"));
    }
}

#[test]
fn the_run_records_its_teacher_and_resumes_to_the_same_bits() {
    let scratch = with_teacher();
    scratch.train("other", &["--seed=9"]);
    assert_eq!(scratch.run(&["ensemble", "teacher", "other", "--out=both"]).code, Some(0));
    for (run, teacher, line) in [
        ("of-one", "teacher", "teacher/model.safetensors"),
        ("of-both", "both", "both, an ensemble of 2 networks"),
    ] {
        let flags = [
            "--teacher",
            teacher,
            "--teacher-share=0.7",
            "--teacher-temperature=3",
            "--epochs=2",
            "--rotate=10",
        ];
        let ended = scratch.train(run, &flags);
        assert!(
            ended.stdout.lines().any(|printed| printed == format!("learning from {line}")),
            "{}",
            ended.stdout
        );
        let recorded = &scratch.manifest(run)["teacher"];
        assert!(recorded["weights"].as_str().unwrap().contains(teacher), "{recorded}");
        assert_eq!(recorded["sha256"].as_str().unwrap().len(), 64);

        let cut = format!("{run}-cut");
        scratch.train(&cut, &[&flags[..], &["--max-time=1ns"]].concat());
        assert!(scratch.weights(&cut) != scratch.weights(run));
        let ended = scratch.run(&["--resume", &cut, "--max-time=1h"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(scratch.weights(&cut) == scratch.weights(run));
    }
    // So does a replay.
    assert_eq!(scratch.run(&["at", "of-both", "8", "--out=rebuilt"]).code, Some(0));
    let ended = scratch.run(&["why", "of-both", "--step=2"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_run_does_not_resume_with_another_teacher() {
    let scratch = with_teacher();
    scratch.train("other", &["--seed=9"]);
    scratch.train("run", &["--teacher=teacher", "--max-time=1ns"]);
    let ended = scratch.run(&["--resume=run", "--teacher=other"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("the run in run has another teacher"), "{}", ended.stderr);
    let ended = scratch.run(&["--resume=run", "--teacher-temperature=3"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("teacher-temperature"), "{}", ended.stderr);
    // It may have moved.
    fs::rename(scratch.path("teacher"), scratch.path("moved")).unwrap();
    let ended = scratch.run(&["--resume=run"]);
    assert!(ended.code == Some(1) && ended.stderr.starts_with("error: --teacher: "), "{}", ended.stderr);
    let ended = scratch.run(&["--resume=run", "--teacher=moved"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_teacher_that_cannot_teach_is_refused_before_a_folder_is_made() {
    let scratch = with_teacher();
    refused(&scratch, &["--teacher=absent.pt"], "--teacher: absent.pt: No such file");
    let letters = StateDict::random_with_classes(26, 1).unwrap();
    weights::write_state_dict(&letters, &scratch.path("letters.safetensors")).unwrap();
    let expected = "--teacher letters.safetensors: it knows 26 classes, the data have 10";
    refused(&scratch, &["--teacher=letters.safetensors"], expected);
    // Its own normalisation is that of the digits.
    let (mean, std) = ("0.10532673", "0.28051007");
    let expected = format!(
        "--teacher teacher/model.safetensors: it reads images normalised by mean {mean} and deviation {std}, these are by \
         0.5 and 0.25: give it with --mean {mean} --std {std}"
    );
    refused(&scratch, &["--teacher=teacher", "--mean=0.5", "--std=0.25"], &expected);
    refused(&scratch, &["--teacher=teacher", "--reproducible"], "--reproducible takes no --teacher");
}
