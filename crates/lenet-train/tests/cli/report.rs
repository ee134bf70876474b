//! `report` and `--report`: a page about runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use lenet_report::run::{LayerRecord, Record, ReluRecord};

use crate::scratch::Scratch;

#[test]
fn a_training_ends_with_a_page_if_asked_for() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--report"]);
    assert!(ended.stdout.lines().last().unwrap().starts_with("run/report.html: "), "{}", ended.stdout);
    let page = fs::read_to_string(scratch.path("run/report.html")).unwrap();
    for part in ["curves", "results", "learnt", "origin"] {
        assert!(page.contains(&format!("<section id=\"{part}\"")), "no section {part}");
    }
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}

#[test]
fn several_runs_are_compared_and_the_first_is_shown() {
    let scratch = Scratch::with_digits();
    scratch.train("one", &["--seed=1"]);
    scratch.train("two", &["--seed=2"]);
    let ended = scratch.run(&["report", "one", "two", "--out", "both.html"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let page = fs::read_to_string(scratch.path("both.html")).unwrap();
    let differing = page.split("What differs").nth(1).unwrap().split("Settings and origin").next().unwrap();
    assert!(differing.contains(">seed<") && !differing.contains(">epochs<"), "{differing}");
}

#[test]
fn a_run_without_weights_has_a_page_of_its_records() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    fs::remove_file(scratch.path("run/model.safetensors")).unwrap();
    let ended = scratch.run(&["report", "run"]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr, "run/model.safetensors does not exist: the report has no network\n");
    assert!(scratch.path("run/report.html").exists());
}

#[test]
fn a_folder_without_a_run_is_refused() {
    let ended = Scratch::empty().run(&["report", "."]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "error: . is not the folder of a run: it has no manifest.json\n");
}

#[test]
fn the_norms_of_the_layers_are_recorded_and_change_no_bit() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--log-every=2"]);
    scratch.train("without", &["--log-every=0"]);
    assert!(scratch.weights("run") == scratch.weights("without"));
    assert!(!scratch.path("without/layers.jsonl").exists());
    let text = fs::read_to_string(scratch.path("run/layers.jsonl")).unwrap();
    let records: Vec<LayerRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records[0].step, 2);
    for record in &records {
        assert_eq!(record.names.len(), 10);
        assert!(
            record.weights.iter().chain(&record.gradients).all(|norm| norm.is_some_and(|norm| norm > 0.0))
        );
    }
}

#[test]
fn a_frozen_layer_keeps_its_name_and_its_norm_and_has_no_gradient() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--log-every=1", "--freeze=conv1@2"]);
    let text = fs::read_to_string(scratch.path("run/layers.jsonl")).unwrap();
    let records: Vec<LayerRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.iter().any(|record| record.step == 4));
    for record in &records {
        let (weight, gradient) = record.norms("conv1.weight").unwrap();
        assert!(weight.is_some() && gradient.is_some() == (record.step <= 2), "{record:?}");
        assert!(record.norms("fc3.bias").unwrap().1.is_some());
    }
}

#[test]
fn dead_relus_are_recorded_after_each_epoch_and_once_after_a_resume() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=2"]);
    let text = fs::read_to_string(scratch.path("run/relus.jsonl")).unwrap();
    let records: Vec<ReluRecord> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().map(|record| record.step).collect::<Vec<_>>(), [4, 8]);
    for record in &records {
        assert_eq!((record.layers.join(" "), record.images), ("C1 C3 F5 F6".into(), 44));
        assert!(record.dead.iter().all(|share| (0.0..1.0).contains(share)), "{record:?}");
    }
    let weights = scratch.weights("run");
    fs::remove_file(scratch.path("run/checkpoints/step-0000000008.ckpt")).unwrap();
    let ended = scratch.run(&["--resume", "run"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(scratch.weights("run") == weights);
    assert_eq!(fs::read_to_string(scratch.path("run/relus.jsonl")).unwrap(), text);
}

/// The report computes the loss anew; with the loss `cross-entropy` the training has measured the same.
#[test]
fn the_page_has_the_mean_test_loss() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--report"]);
    let last = scratch.metrics("run/metrics.jsonl").pop();
    let Some(Record::End { test_loss: Some(loss), .. }) = last else { panic!("{last:?}") };
    let page = fs::read_to_string(scratch.path("run/report.html")).unwrap();
    let shown = page.split("Mean loss ").nth(1).unwrap().split(',').next().unwrap();
    assert!((shown.parse::<f64>().unwrap() - loss).abs() < 1e-3, "{shown}, {loss}");
}

/// Without Chromium there is nothing to test.
#[test]
fn a_browser_runs_the_script_of_the_page_and_complains_of_nothing() {
    let Some(chromium) =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser"].iter().find(|path| Path::new(path).exists())
    else {
        return;
    };
    let scratch = Scratch::with_digits();
    scratch.train("<run> & 'more'", &["--report"]);
    let mut command = Command::new(chromium);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]);
    let page = scratch.path("<run> & 'more'/report.html");
    let profile = format!("--user-data-dir={}", scratch.path("profile").display());
    let ended = command.arg(profile).arg(page).output().unwrap();
    let [dom, log] = [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(dom.contains("class=\"cursor\""), "the script did not run: {log}");
    assert!(!log.contains("CONSOLE"), "{log}");
}
