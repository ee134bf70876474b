//! `sweep` and `train --repeat`: many runs.

use std::fs;

use lenet_report::run::Record;

use crate::scratch::{Ended, Scratch, wait_until};

/// Two optimizers, two drawn learning rates, two seeds: eight runs of four steps an epoch.
const SPEC: &str = "
seeds = [1, 2]
[base]
data = \"digits\"
valid = 44
epochs = 2
[grid]
optimizer = [\"sgd\", \"adamw\"]
[search]
points = 2
[search.settings]
lr = { from = 0.001, to = 0.01, log = true }
";

fn scratch(spec: &str) -> Scratch {
    let scratch = Scratch::with_digits();
    fs::write(scratch.path("spec.toml"), spec).unwrap();
    scratch
}

/// The folders of the runs in `folder`.
fn runs(scratch: &Scratch, folder: &str) -> Vec<String> {
    let names = scratch.names(folder);
    names.into_iter().filter(|name| scratch.path(folder).join(name).is_dir()).collect()
}

#[track_caller]
fn succeeds(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

fn reason(scratch: &Scratch, run: &str) -> String {
    match scratch.metrics(&format!("{run}/metrics.jsonl")).pop() {
        Some(Record::End { reason, .. }) => reason,
        other => format!("{other:?}"),
    }
}

#[test]
fn every_combination_becomes_a_run_and_a_row_of_the_page() {
    let scratch = scratch(SPEC);
    let ended = scratch.run(&["sweep", "spec.toml", "--jobs=2"]);
    succeeds(&ended);
    let runs = runs(&scratch, "sweeps/spec");
    assert_eq!(runs.len(), 8);
    assert!(runs.iter().all(|run| reason(&scratch, &format!("sweeps/spec/{run}")) == "completed"));
    assert!(ended.stdout.ends_with("sweeps/spec/sweep.html: 8 of 8 runs completed\n"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("validation") && ended.stdout.contains("optimizer sgd, lr 0.0"),
        "{}",
        ended.stdout
    );
    let page = fs::read_to_string(scratch.path("sweeps/spec/sweep.html")).unwrap();
    assert!(runs.iter().all(|run| page.contains(run.as_str())));
    // A run by hand with the settings of one of them ends with the same bits.
    let settings = format!("--config=sweeps/spec/{}/run.toml", runs[0]);
    succeeds(&scratch.run(&["train", &settings, "--out=by-hand"]));
    assert!(scratch.weights("by-hand") == scratch.weights(&format!("sweeps/spec/{}", runs[0])));
}

#[test]
fn a_sweep_that_is_done_trains_nothing_and_one_with_a_hole_fills_it() {
    let scratch = scratch(SPEC);
    succeeds(&scratch.run(&["sweep", "spec.toml", "--out=all"]));
    let runs = runs(&scratch, "all");
    let before = scratch.weights(&format!("all/{}", runs[3]));
    fs::remove_dir_all(scratch.path("all").join(&runs[3])).unwrap();
    // A run that was killed before the record of its end: it goes on from its last checkpoint.
    let cut = scratch.path("all").join(&runs[5]).join("metrics.jsonl");
    let whole = fs::read_to_string(&cut).unwrap();
    let lines = whole.lines().filter(|line| !line.contains("\"end\""));
    fs::write(&cut, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let again = scratch.run(&["sweep", "spec.toml", "--out=all"]);
    succeeds(&again);
    assert!(again.stderr.contains("6 of 8 runs are done already"), "{}", again.stderr);
    assert!(scratch.weights(&format!("all/{}", runs[3])) == before);
    assert_eq!(fs::read_to_string(&cut).unwrap().lines().count(), whole.lines().count());
    let third = scratch.run(&["sweep", "spec.toml", "--out=all"]);
    assert_eq!(third.stderr, "8 of 8 runs are done already\n");
}

#[test]
fn the_parts_of_all_machines_are_the_whole() {
    let scratch = scratch(SPEC);
    succeeds(&scratch.run(&["sweep", "spec.toml", "--out=whole"]));
    for part in 1..=3 {
        succeeds(&scratch.run(&[
            "sweep",
            "spec.toml",
            &format!("--out=part{part}"),
            &format!("--shard={part}/3"),
        ]));
    }
    assert_eq!(
        runs(&scratch, "part1").len() + runs(&scratch, "part2").len() + runs(&scratch, "part3").len(),
        8
    );
    let merged = scratch.run(&["runs", "merge", "merged", "part1", "part2", "part3"]);
    succeeds(&merged);
    assert_eq!(merged.stdout, "merged: 8 runs copied, 0 replaced by a more complete one, 0 there already\n");
    let all = runs(&scratch, "whole");
    assert_eq!(runs(&scratch, "merged"), all);
    for run in &all {
        let [one, other] = ["whole", "merged"].map(|folder| scratch.weights(&format!("{folder}/{run}")));
        assert!(one == other, "{run}");
    }
    let page = scratch.run(&["sweep", "merged/sweep.toml", "--out=merged"]);
    assert_eq!(page.stderr, "8 of 8 runs are done already\n");
    let again = scratch.run(&["runs", "merge", "merged", "part2"]);
    assert!(again.stdout.contains("0 runs copied, 0 replaced by a more complete one, "), "{}", again.stdout);
}

#[test]
fn a_run_that_fails_is_named_and_does_not_end_the_others() {
    // A learning rate as large as this ends in NaN, which the guard finds.
    let scratch =
        scratch("[base]\ndata = \"digits\"\nepochs = 1\nnan-guard = 1\n[grid]\nlr = [0.01, 1e30]\n");
    let ended = scratch.run(&["sweep", "spec.toml"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with("error: ") && last.contains("lr 1e30, seed 42"), "{}", ended.stderr);
    assert!(ended.stdout.contains("1 of 2 runs completed"), "{}", ended.stdout);
}

#[test]
fn halving_trains_the_best_settings_on_to_the_bits_of_a_whole_run() {
    let spec = SPEC.replace("epochs = 2", "epochs = 4").replace("points = 2", "points = 4");
    let scratch = scratch(&format!("{spec}\n[halving]\nfirst = 1\nfactor = 2\n"));
    let ended = scratch.run(&["sweep", "spec.toml", "--out=all"]);
    succeeds(&ended);
    let all = runs(&scratch, "all");
    let reasons: Vec<String> = all.iter().map(|run| reason(&scratch, &format!("all/{run}"))).collect();
    let count = |wanted: &str| reasons.iter().filter(|reason| *reason == wanted).count();
    // Of eight settings with two seeds, four go on to epoch 2, and two to epoch 4.
    assert_eq!((all.len(), count("completed"), count("paused")), (16, 4, 12));
    let winner = &all[reasons.iter().position(|reason| reason == "completed").unwrap()];
    succeeds(&scratch.run(&["train", &format!("--config=all/{winner}/run.toml"), "--out=whole"]));
    assert!(scratch.weights("whole") == scratch.weights(&format!("all/{winner}")));
    let again = scratch.run(&["sweep", "spec.toml", "--out=all"]);
    assert_eq!(again.stdout, ended.stdout);
    assert!(
        scratch
            .run(&["sweep", "spec.toml", "--shard=1/2"])
            .stderr
            .starts_with("error: --shard does nothing beside [halving]")
    );
}

#[test]
fn a_list_has_the_name_of_each_run_and_nothing_is_trained() {
    let scratch = scratch(SPEC);
    let listed = scratch.run(&["sweep", "spec.toml", "--list"]);
    succeeds(&listed);
    let names: Vec<&str> = listed.stdout.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names.len(), 8);
    assert!(!scratch.path("sweeps").exists());
    // Names do not depend on the place of the data or on other runs.
    fs::write(scratch.path("spec.toml"), SPEC.replace("[1, 2]", "[2]")).unwrap();
    let fewer = scratch.run(&["sweep", "spec.toml", "--list"]).stdout;
    assert!(fewer.lines().count() == 4 && fewer.lines().all(|line| listed.stdout.contains(line)), "{fewer}");
}

#[test]
fn a_bad_specification_is_refused_in_one_line() {
    let cases = [
        ("[grid]\nlr = []", "error: spec.toml: [grid] lr: the list is empty\n"),
        ("[grid]\nrate = [1]", "error: spec.toml: [grid] rate: unexpected argument '--rate' found"),
        (
            "[base]\nlr = 1\n[grid]\nlr = [1]",
            "error: spec.toml: `lr` is set in two places: leave one of them out\n",
        ),
        (
            "[base]\noptimizer = \"adamw\"\n[grid]\nmomentum = [0.9]",
            "error: spec.toml: momentum 0.9, seed 42: --momentum does nothing beside --optimizer adamw",
        ),
        ("[grid]\nlr = [0.1, 0.10]", "error: spec.toml: [grid] lr: 0.1 is in the list twice\n"),
        ("lr =", "error: spec.toml: line 1: "),
    ];
    for (spec, expected) in cases {
        let scratch = scratch(spec);
        let ended = scratch.run(&["sweep", "spec.toml"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{spec}");
        assert!(ended.stderr.starts_with(expected) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        assert!(!scratch.path("sweeps").exists());
    }
}

#[test]
fn repeated_training_prints_a_mean_with_its_interval() {
    let scratch = Scratch::with_digits();
    let arguments =
        ["train", "--data=digits", "--valid=44", "--epochs=2", "--seed=5", "--repeat=3", "--out=three"];
    let ended = scratch.run(&arguments);
    succeeds(&ended);
    let names = runs(&scratch, "three");
    let seeds: Vec<&str> = names.iter().map(|name| name.split('-').next().unwrap()).collect();
    assert_eq!(seeds, ["seed5", "seed6", "seed7"]);
    assert!(
        ended.stdout.contains("mean test accuracy ") && ended.stdout.contains("Student's t, 3 seeds"),
        "{}",
        ended.stdout
    );
    scratch.train("alone", &["--epochs=2", "--seed=6"]);
    assert!(scratch.weights("alone") == scratch.weights(&format!("three/{}", names[1])));
    assert_eq!(scratch.run(&arguments).stdout, ended.stdout, "the runs are there already");
    // Other settings in the same folder are other runs.
    let others = scratch.run(&[&arguments[..], &["--lr=0.001"]].concat());
    assert!(others.code == Some(0) && others.stdout != ended.stdout, "{}", others.stderr);
    assert_eq!(runs(&scratch, "three").len(), 6);
}

/// Ctrl-C lets the running trainings save what they learnt, and the same command goes on.
#[cfg(unix)]
#[test]
fn a_signal_ends_a_sweep_and_the_same_command_goes_on() {
    use std::process::{Command, Stdio};
    let scratch = scratch("seeds = 2\n[base]\ndata = \"digits\"\nepochs = 100000\ncheckpoint-every = 0\n");
    let mut program = scratch
        .command(&["sweep", "spec.toml", "--out=all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let has_begun = || {
        runs_if_any(&scratch).iter().any(|run| scratch.path("all").join(run).join("metrics.jsonl").exists())
    };
    wait_until(&mut program, "the first run has begun", |_| has_begun());
    assert!(Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap().success());
    let ended: Ended = program.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("interrupted: the same command goes on\n"), "{}", ended.stderr);
    assert!(!ended.stdout.contains('%'), "a training that was cut is no result: {}", ended.stdout);
    let all = runs_if_any(&scratch);
    assert_eq!(all.len(), 1, "no further run began");
    assert_eq!(reason(&scratch, &format!("all/{}", all[0])), "interrupted");
}

#[cfg(unix)]
fn runs_if_any(scratch: &Scratch) -> Vec<String> {
    if scratch.path("all").exists() { runs(scratch, "all") } else { Vec::new() }
}
