//! `eval`: what it says of weights that were trained, and of files that are none.

use std::fs;

use crate::scratch::{Ended, Scratch};

/// A folder with a run in it, and the test accuracy that its training printed, with the number of images.
fn trained() -> (Scratch, String) {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--quiet"]);
    let accuracy = ended.stdout.split(" images").next().unwrap().to_owned();
    assert!(accuracy.starts_with("test accuracy ") && accuracy.ends_with("on 100"), "{accuracy}");
    (scratch, accuracy)
}

#[test]
fn a_run_has_the_accuracy_that_its_training_printed() {
    let (scratch, accuracy) = trained();
    for weights in ["run", "run/model.safetensors"] {
        let ended = scratch.run(&["eval", weights, "--data", "digits"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert!(lines[0].contains("model.safetensors on the folder digits"), "{}", lines[0]);
        assert!(lines[1].starts_with(&accuracy), "{} instead of {accuracy}", lines[1]);
    }
}

#[test]
fn a_run_that_has_not_ended_has_no_weights_and_goes_on_with_resume() {
    let (scratch, _) = trained();
    fs::remove_file(scratch.path("run/model.safetensors")).unwrap();
    assert!(!scratch.run(&["eval", "run"]).stderr.contains("--resume"), "the run has ended");
    let metrics = fs::read_to_string(scratch.path("run/metrics.jsonl")).unwrap();
    let before_its_end =
        metrics.lines().filter(|line| !line.contains("\"end\"")).map(|line| format!("{line}\n"));
    fs::write(scratch.path("run/metrics.jsonl"), before_its_end.collect::<String>()).unwrap();
    let ended = scratch.run(&["eval", "run"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.starts_with("error: the run in run has no weights yet"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("--resume run goes on\n"), "{}", ended.stderr);
}

#[test]
fn the_loss_is_the_one_asked_for() {
    let (scratch, _) = trained();
    let loss = |arguments: &[&str]| {
        let ended = scratch.run(&[&["eval", "run", "--data=digits"], arguments].concat());
        ended.stdout.split("(loss ").nth(1).unwrap().to_owned()
    };
    assert_ne!(loss(&["--loss=mse"]), loss(&[]));
}

/// Refused with one line that names the file.
#[track_caller]
fn refused(scratch: &Scratch, weights: &str, why: &str) {
    let ended = scratch.run(&["eval", weights, "--data", "digits"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with(&format!("error: {weights}")), "{}", ended.stderr);
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn files_that_are_not_weights_are_refused() {
    let scratch = Scratch::with_digits();
    fs::write(scratch.path("notes.txt"), "no weights").unwrap();
    fs::write(scratch.path("noise.safetensors"), [0x55; 999]).unwrap();
    fs::create_dir(scratch.path("empty")).unwrap();
    refused(&scratch, "absent.safetensors", "");
    refused(&scratch, "empty", "model.safetensors");
    refused(&scratch, "notes.txt", ".safetensors, .bpk, .pt or .pth");
    refused(&scratch, "noise.safetensors", "not a safetensors file");
}

#[test]
fn weights_that_are_cut_short_are_refused() {
    let (scratch, _) = trained();
    let whole = scratch.weights("run");
    for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(scratch.path("cut.safetensors"), &whole[..length]).unwrap();
        refused(&scratch, "cut.safetensors", "not a safetensors file");
    }
}

#[test]
fn weights_of_another_network_are_refused_with_the_tensor_that_differs() {
    let (scratch, _) = trained();
    let mut weights = scratch.weights("run");
    let name = weights.windows(8).position(|bytes| bytes == b"fc3.bias").unwrap();
    weights[name..name + 8].copy_from_slice(b"fc9.bias");
    fs::write(scratch.path("other.safetensors"), weights).unwrap();
    refused(&scratch, "other.safetensors", "fc9.bias");
}

/// The cause is told, and told once.
#[cfg(unix)]
#[test]
fn a_file_that_is_not_there_is_a_short_story() {
    let ended = Scratch::empty().run(&["eval", "absent.safetensors"]);
    assert_eq!(ended.stderr, "error: absent.safetensors: No such file or directory (os error 2)\n");
}

#[test]
fn every_digit_has_its_precision_and_recall_and_what_it_was_read_as() {
    let (scratch, _) = trained();
    let ended = scratch.run(&["eval", "run", "--data", "digits", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let rows = report["confusion"].as_array().unwrap();
    let count = |row: usize, column: usize| rows[row][column].as_u64().unwrap();
    let all: u64 =
        (0..10).flat_map(|row| (0..10).map(move |column| (row, column))).map(|(r, c)| count(r, c)).sum();
    assert_eq!(all, 100);
    let right: u64 = (0..10).map(|digit| count(digit, digit)).sum();
    assert_eq!(report["accuracy"].as_f64().unwrap(), right as f64 / 100.0);
    assert_eq!(report["classes"].as_array().unwrap().len(), 10);
}

/// The temperature is that of the weights, which `train` fitted on 44 images.
#[test]
fn the_calibration_is_told_with_and_without_the_temperature() {
    let (scratch, _) = trained();
    let temperature = lenet_model::weights::read_state_dict(&scratch.path("run/model.safetensors"));
    let temperature = temperature.unwrap().metadata().temperature;
    let ended = scratch.run(&["eval", "run", "--data", "digits", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let calibration = &report["calibration"];
    assert!(temperature.is_some() && calibration["temperature"].as_f64() == temperature, "{calibration}");
    assert_ne!(calibration["error_before"], calibration["error"]);
    assert_eq!(calibration["thresholds"].as_array().unwrap().len(), 5);

    let text = scratch.run(&["eval", "run", "--data", "digits"]).stdout;
    assert!(text.contains("\nexpected calibration error ") && text.contains("of the weights"), "{text}");
    assert!(text.contains("\nunsure below  share of the images  wrong among the rest\n"), "{text}");
}

#[test]
fn without_validation_images_there_is_no_temperature() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["--data=digits", "--valid=0", "--out=run", "--quiet"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = scratch.run(&["eval", "run", "--data", "digits"]).stdout;
    assert!(text.contains("(the weights have no temperature)"), "{text}");
}

#[test]
fn the_matrix_and_the_worst_mistakes_are_drawn() {
    let (scratch, _) = trained();
    let ended = scratch.run(&["eval", "run", "--data", "digits", "--out", "drawn/here"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for picture in ["confusion.png", "mistakes.png"] {
        let picture = image::open(scratch.path("drawn/here").join(picture)).unwrap().into_luma8();
        assert!(picture.pixels().any(|pixel| pixel.0[0] == 0), "an empty picture");
    }
}

#[test]
fn a_run_is_tested_on_its_own_data_unless_told_otherwise() {
    let (scratch, accuracy) = trained();
    let other = lenet_data::synthetic::digits(6, 0..30).unwrap();
    scratch.store_digits("other", &other, &other);
    fs::create_dir(scratch.path("elsewhere")).unwrap();
    for (folder, run) in [(".", "run"), (".", "run/model.safetensors"), ("elsewhere", "../run")] {
        let mut command = scratch.command(&["eval", run]);
        let ended: Ended = command.current_dir(scratch.path(folder)).output().unwrap().into();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert!(lines[0].contains("on the folder ") && lines[0].ends_with("/digits"), "{}", lines[0]);
        assert!(lines[1].starts_with(&accuracy), "{} instead of {accuracy}", lines[1]);
    }
    let ended = scratch.run(&["eval", "run", "--data=other"]);
    assert!(ended.stdout.contains("on 30 images"), "{}", ended.stdout);
}

/// The guard against NaN is off.
#[test]
fn a_network_of_nan_has_no_accuracy() {
    let scratch = Scratch::with_digits();
    let nan = ["--lr=1e30", "--nan-guard=0", "--schedule=constant"];
    let ended = scratch.run(&[&crate::scratch::small_run("run")[..], &nan].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let error = ended.stderr.lines().last().unwrap();
    let expected = "error: the network in run has no accuracy: its outputs are NaN; lower the learning rate with --lr, or \
                    end at the first NaN with --nan-guard 1";
    assert_eq!(error, expected);
    assert!(!ended.stdout.contains("accuracy 1"), "{}", ended.stdout);
    assert!(!scratch.path("run/checkpoints/best.ckpt").exists());
    let end = fs::read_to_string(scratch.path("run/metrics.jsonl")).unwrap();
    assert!(!end.contains("accuracy\":0"), "{end}");
    let ended = scratch.run(&["eval", "run"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.contains("image 0 has no prediction: its logits are not finite"),
        "{}",
        ended.stderr
    );
}
