//! `runs compare` and the refusals of `runs merge`.

use std::fs;

use crate::scratch::Scratch;

/// Runs with two learning rates and seeds 1 to 3, and one more with the second rate.
fn two_settings() -> Scratch {
    let scratch = Scratch::with_digits();
    for seed in 1..=3 {
        for lr in ["0.01", "0.05"] {
            scratch.train(
                &format!("runs/lr{lr}-{seed}"),
                &["--epochs=2", &format!("--lr={lr}"), &format!("--seed={seed}")],
            );
        }
    }
    scratch.train("runs/alone", &["--epochs=2", "--lr=0.05", "--seed=9"]);
    scratch
}

#[test]
fn one_run_is_no_folder_of_runs() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=1"]);
    let ended = scratch.run(&["runs", "compare", "run", "run"]);
    assert!(
        ended.stderr.starts_with("error: run is a run: name the folder that it is in"),
        "{}",
        ended.stderr
    );
}

#[test]
fn two_settings_are_compared_over_the_seeds_they_have_in_common() {
    let scratch = two_settings();
    let ended = scratch.run(&["runs", "compare", "runs,lr=0.01", "runs,lr=0.05"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stderr, "runs without a partner of the same seed, left out: 1\n");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "from A to B: lr 0.01 → 0.05");
    assert!(
        lines[1].starts_with("A  runs,lr=0.01  mean test accuracy ") && lines[1].ends_with(", 3 seeds"),
        "{}",
        lines[1]
    );
    assert!(
        lines[3].starts_with("B − A  ") && lines[3].ends_with("(Student's t of 3 pairs)"),
        "{}",
        lines[3]
    );
    assert_eq!(lines.len(), 5, "{}", ended.stdout);
    // The other way round, the difference has the other sign.
    let back = scratch.run(&["runs", "compare", "runs,lr=0.05", "runs,lr=0.01"]).stdout;
    let difference = |text: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix("B − A  ")).unwrap();
        line.split(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(difference(&ended.stdout), -difference(&back));
}

#[test]
fn a_setting_against_itself_has_no_difference() {
    let scratch = two_settings();
    let ended = scratch.run(&["runs", "compare", "runs,lr=0.01", "runs,lr=0.01", "--metric=valid-loss"]);
    assert_eq!(ended.stderr, "A and B have the same settings\n");
    assert!(ended.stdout.ends_with("\nthe results of all pairs are equal\n"), "{}", ended.stdout);
}

#[test]
fn runs_that_cannot_be_compared_are_refused() {
    let scratch = two_settings();
    let refused = |a: &str, b: &str, expected: &str| {
        let ended = scratch.run(&["runs", "compare", a, b]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.contains(expected) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
    };
    refused(
        "runs",
        "runs,lr=0.01",
        "runs: runs with lr 0.05 and with lr 0.01: choose one, such as runs,lr=0.05",
    );
    refused("runs,lr=0.01", "runs,lr=3", "runs,lr=3: no run has these settings; the values of lr are 0.01");
    refused("runs,rate=1", "runs", "no run in runs has a setting `rate`");
    refused(
        "runs,lr=0.05,seed=9",
        "runs,lr=0.05,seed=9",
        "seeds in common: 1, and an interval needs two or more",
    );
}

#[test]
fn merging_refuses_runs_that_contradict_one_another() {
    let scratch = Scratch::with_digits();
    scratch.train("one/run", &["--epochs=1", "--seed=1"]);
    scratch.train("two/run", &["--epochs=1", "--seed=2"]);
    scratch.train("three/run", &["--epochs=1", "--seed=1"]);
    let refused = |arguments: &[&str], expected: &str| {
        let ended = scratch.run(&[&["runs", "merge", "all"], arguments].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        assert!(ended.stderr.contains(expected) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        assert!(!scratch.path("all").exists(), "nothing was copied");
    };
    refused(&["one", "two"], "two/run and one/run are different runs: `seed` is 2 and 1");
    // Other bits with the same settings.
    let weights = scratch.path("three/run/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    refused(&["one", "three"], "model.safetensors differs after as many steps");
    // Settings that were edited.
    let settings = scratch.path("two/run/run.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("seed = 2", "seed = 1")).unwrap();
    refused(&["one", "two"], "two/run/run.toml is damaged or was edited");
    // Other data.
    let other = lenet_data::synthetic::digits(6, 0..300).unwrap();
    scratch.store_digits("other", &other, &other);
    let train = ["train", "--data=other", "--valid=44", "--epochs=1", "--out=four/other"];
    assert_eq!(scratch.run(&train).code, Some(0));
    refused(&["one", "four"], "were trained on different data");
    assert_eq!(scratch.run(&["runs", "merge", "all", "one", "four", "--mixed-data"]).code, Some(0));
    assert_eq!(scratch.names("all"), ["other", "run"]);
}

#[test]
fn merging_takes_the_more_complete_run() {
    let scratch = Scratch::with_digits();
    scratch.train("part/run", &["--epochs=3", "--pause-after=1"]);
    scratch.train("whole/run", &["--epochs=3"]);
    assert_eq!(scratch.run(&["runs", "merge", "all", "part"]).code, Some(0));
    let merged = scratch.run(&["runs", "merge", "all", "whole", "part"]);
    assert_eq!(
        merged.stdout, "all: 0 runs copied, 1 replaced by a more complete one, 0 there already\n",
        "{}",
        merged.stderr
    );
    assert!(scratch.weights("all/run") == scratch.weights("whole/run"));
}
