//! Run folders that another training uses, that hold parts of another run, or that were damaged.

use std::fs;

use crate::scratch::{Ended, Scratch, small_run};

#[track_caller]
fn fails(scratch: &Scratch, arguments: &[&str], names: &[&str]) {
    let Ended { code, stderr, .. } = scratch.run(arguments);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("error: ") && !stderr.contains("panicked"), "{stderr}");
    for name in names {
        assert!(stderr.contains(name), "no {name} in: {stderr}");
    }
}

#[test]
fn a_folder_that_another_training_uses_is_refused() {
    let scratch = Scratch::with_digits();
    fs::create_dir(scratch.path("new")).unwrap();
    scratch.train("old", &[]);
    let before = fs::read(scratch.path("old/metrics.jsonl")).unwrap();
    let locks =
        ["new", "old"].map(|run| lenet_files::lock(&scratch.path(run).join(".lock")).unwrap().unwrap());
    fails(&scratch, &small_run("new"), &["new is in use by another training"]);
    fails(&scratch, &["--resume", "old"], &["old is in use by another training"]);
    assert_eq!(scratch.names("new"), [".lock"]);
    assert!(fs::read(scratch.path("old/metrics.jsonl")).unwrap() == before);
    drop(locks);
    scratch.train("new", &[]);
    assert_eq!(scratch.run(&["--resume", "old"]).code, Some(0));
}

/// As a kill between the two files leaves a run.
#[test]
fn a_run_with_settings_and_no_manifest_resumes() {
    let scratch = Scratch::with_digits();
    scratch.train("whole", &[]);
    fs::create_dir(scratch.path("cut")).unwrap();
    fs::copy(scratch.path("whole/run.toml"), scratch.path("cut/run.toml")).unwrap();
    let ended = scratch.run(&["--resume", "cut"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(scratch.weights("cut") == scratch.weights("whole"));
    assert_eq!(scratch.manifest("cut")["settings"], scratch.manifest("whole")["settings"]);
}

/// Without a checkpoint, too, which keeps the checksum of the data.
#[test]
fn a_run_does_not_resume_with_other_data() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    fs::create_dir(scratch.path("cut")).unwrap();
    for name in ["run.toml", "manifest.json"] {
        fs::copy(scratch.path("run").join(name), scratch.path("cut").join(name)).unwrap();
    }
    let other = lenet_data::synthetic::digits(9, 0..300).unwrap();
    scratch.store_digits("others", &other, &other);
    fails(&scratch, &["--resume", "cut", "--data", "others"], &["cut has other data", "SHA-256"]);
    assert!(!scratch.path("cut/metrics.jsonl").exists());
}

#[test]
fn a_folder_with_checkpoints_of_another_run_is_refused() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let names =
        ["layers.jsonl", "manifest.json", "metrics.jsonl", "model.safetensors", "relus.jsonl", "run.toml"];
    for name in names {
        fs::remove_file(scratch.path("run").join(name)).unwrap();
    }
    fails(&scratch, &small_run("run"), &["checkpoints exists already"]);
}

#[test]
fn a_run_that_has_ended_is_not_trained_anew_over_its_results() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--csv"]);
    fs::remove_dir_all(scratch.path("run/checkpoints")).unwrap();
    let files = ["metrics.jsonl", "epochs.csv", "model.safetensors"];
    let read = || files.map(|name| fs::read(scratch.path("run").join(name)).unwrap());
    let before = read();
    fails(&scratch, &["--resume", "run"], &["the run in run has ended", "--config"]);
    fs::remove_file(scratch.path("run/model.safetensors")).unwrap();
    fails(&scratch, &["--resume", "run"], &["the run in run has ended"]);
    fs::write(scratch.path("run/model.safetensors"), &before[2]).unwrap();
    assert!(read() == before);
}

/// Neither the flags nor the data may change before the first checkpoint, and the logs stay until all is
/// known.
#[test]
fn logs_are_kept_where_a_run_cannot_begin_anew() {
    let scratch = Scratch::with_digits();
    scratch.train("whole", &[]);
    fs::create_dir(scratch.path("run")).unwrap();
    fs::copy(scratch.path("whole/run.toml"), scratch.path("run/run.toml")).unwrap();
    let line = "{\"event\":\"step\",\"epoch\":0,\"step\":1,\"loss\":2.0,\"learning_rate\":0.1}\n";
    fs::write(scratch.path("run/metrics.jsonl"), line).unwrap();
    fails(&scratch, &["--resume", "run", "--lr=0.5"], &["of another training: `lr` was 0.005, is 0.5"]);
    fails(&scratch, &["--resume", "run", "--data=nowhere"], &["nowhere"]);
    assert_eq!(fs::read_to_string(scratch.path("run/metrics.jsonl")).unwrap(), line);
}

#[test]
fn a_run_that_ended_has_nothing_left_to_train() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let weights = scratch.weights("run");
    let resumed = scratch.run(&["--resume=run"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("the run has all its "), "{}", resumed.stderr);
    assert!(scratch.weights("run") == weights);
}

#[test]
fn other_settings_of_a_run_are_refused_at_once_with_a_way_out() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let resumed = scratch.run(&["--resume=run", "--lr=0.5"]);
    assert_eq!((resumed.code, &*resumed.stdout), (Some(1), ""));
    let way_out =
        "train anew with --config run/run.toml and another --out".replace('/', std::path::MAIN_SEPARATOR_STR);
    assert!(resumed.stderr.contains(&way_out), "{}", resumed.stderr);
}

#[test]
fn settings_that_were_changed_are_not_resumed() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let file = scratch.path("run/run.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("seed = 42", "seed = 43")).unwrap();
    fails(&scratch, &["--resume", "run"], &["run.toml is damaged or was edited"]);
    // For another run, edited settings are welcome.
    scratch.train("other", &["--config", "run/run.toml"]);
    assert_eq!(scratch.manifest("other")["settings"]["seed"], 43);
}

#[test]
fn temporary_files_of_a_killed_run_are_removed() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    for name in [".model.safetensors.writing-17-0", "checkpoints/.best.ckpt.writing-17-1"] {
        fs::write(scratch.path("run").join(name), "half").unwrap();
    }
    assert_eq!(scratch.run(&["--resume", "run"]).code, Some(0));
    let all = [scratch.names("run"), scratch.names("run/checkpoints")].concat();
    assert!(all.iter().all(|name| !name.contains("writing")), "{all:?}");
}

#[test]
fn an_empty_test_set_is_an_error_before_the_training() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let empty = lenet_data::synthetic::digits(0, 0..0).unwrap();
    scratch.store_digits("untested", &crate::scratch::train_digits(), &empty);
    fails(
        &scratch,
        &["--data=untested", "--valid=44", "--out=other"],
        &["untested", "the test set has no images"],
    );
    fails(&scratch, &["eval", "run", "--data=untested"], &["the test set has no images"]);
    assert!(!scratch.path("other").exists());
}

#[test]
fn more_threads_than_any_machine_has_are_refused() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&[&small_run("run")[..], &["--threads=1000000"]].concat());
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("must be at most 1024"), "{}", ended.stderr);
    assert!(!scratch.path("run").exists());
}
