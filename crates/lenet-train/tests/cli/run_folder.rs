//! What a run leaves on disk.

use lenet_data::Normalisation;
use lenet_report::run::Record;
use serde_json::{Value, json};

use crate::scratch::{Scratch, train_digits};

#[test]
fn a_run_leaves_its_files_and_nothing_else() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let files = [
        ".lock",
        "checkpoints",
        "layers.jsonl",
        "manifest.json",
        "metrics.jsonl",
        "model.safetensors",
        "relus.jsonl",
        "run.toml",
    ];
    assert_eq!(scratch.names("run"), files);
    assert_eq!(scratch.names("."), ["digits", "run"]);
}

#[test]
fn without_a_name_the_folder_says_what_was_trained() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["--data=digits", "--valid=0", "--epochs=1", "--seed=9", "--optimizer=adam"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let names = scratch.names("runs");
    assert!(names.len() == 1 && names[0].ends_with("-folder-adam-seed9"), "{names:?}");
}

#[test]
fn two_runs_without_a_name_do_not_meet() {
    let scratch = Scratch::with_digits();
    for _ in 0..2 {
        let ended = scratch.run(&["--data=digits", "--valid=0", "--epochs=1", "--quiet"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert_eq!(scratch.names("runs").len(), 2);
}

#[test]
fn the_manifest_says_what_was_asked_for() {
    let scratch = Scratch::with_digits();
    scratch.train(
        "run",
        &[
            "--seed=7",
            "--optimizer=rmsprop",
            "--momentum=0.5",
            "--weight-decay=0.25",
            "--lr=0.125",
            "--schedule=constant",
            "--loss=mse",
            "--threads=1",
        ],
    );
    let manifest = scratch.manifest("run");
    assert_eq!(manifest["format"], 1);
    assert_eq!(
        manifest["settings"],
        json!({
            "seed": 7,
            "recipe": "default",
            "epochs": 3,
            "steps": 12,
            "batch_size": 64,
            "loss": "mse",
            "optimizer": { "kind": "rmsprop", "momentum": 0.5, "weight_decay": 0.25 },
            "schedule": { "kind": "constant", "learning_rate": 0.125 },
        })
    );
    assert_eq!((&manifest["device"]["name"], &manifest["device"]["threads"]), (&json!("flex"), &json!(1)));
}

#[test]
fn the_manifest_says_what_was_trained_on() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let mut trained_on = train_digits();
    trained_on.split_off(256);
    let normalisation = Normalisation::of(trained_on.pixels()).unwrap();
    let shortest = |number: f32| number.to_string().parse::<f64>().unwrap();
    let expected = json!({
        "name": "folder",
        "description": "the folder digits",
        "sha256": train_digits().sha256(),
        "train": 256,
        "valid": 44,
        "classes": 10,
        "class_names": [],
        "mean": shortest(normalisation.mean),
        "std": shortest(normalisation.std),
    });
    assert_eq!(scratch.manifest("run")["data"], expected);
}

#[test]
fn the_manifest_says_what_computed_it_and_when() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let manifest = scratch.manifest("run");
    assert_eq!(manifest["versions"]["lenet_train"], env!("CARGO_PKG_VERSION"));
    assert!(manifest["versions"]["burn"].as_str().unwrap().starts_with("0.22."));
    assert_eq!(manifest["device"]["os"], std::env::consts::OS);
    assert_eq!(manifest["device"]["arch"], std::env::consts::ARCH);
    let started = manifest["started"].as_str().unwrap();
    assert!(started.len() >= 20 && started.contains('T') && started.ends_with('Z'), "{started}");
}

/// The manifest's version of Burn is a constant of the program.
#[test]
fn the_version_of_burn_is_the_one_in_the_lock_file() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let Ok(lock) = std::fs::read_to_string(lock) else { return }; // In a published package there is none.
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=1"]);
    let burn = scratch.manifest("run")["versions"]["burn"].as_str().unwrap().to_owned();
    assert!(lock.contains(&format!("name = \"burn\"\nversion = \"{burn}\"")), "{burn}");
}

/// As `--help` says, without a recipe.
#[test]
fn settings_that_are_not_given_go_by_the_optimizer() {
    let scratch = Scratch::with_digits();
    for (optimizer, momentum, weight_decay, peak) in [
        ("sgd", 0.9, 0.0005, 0.05),
        ("nesterov", 0.9, 0.0005, 0.05),
        ("adam", 0.0, 0.0, 0.002),
        ("adamw", 0.0, 0.01, 0.002),
        ("rmsprop", 0.0, 0.0, 0.002),
        ("adagrad", 0.0, 0.0, 0.01),
    ] {
        scratch.train(optimizer, &["--recipe=none", "--epochs=1", "--optimizer", optimizer]);
        let settings = &scratch.manifest(optimizer)["settings"];
        let expected = json!({ "kind": optimizer, "momentum": momentum, "weight_decay": weight_decay });
        assert_eq!(settings["optimizer"], expected);
        assert_eq!(settings["schedule"], json!({ "kind": "one-cycle", "peak": peak }));
    }
}

#[test]
fn the_metrics_tell_of_the_steps_the_epochs_and_the_end() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--epochs=2", "--batch-size=32", "--log-every=4"]);
    let told: Vec<String> = scratch
        .metrics("run/metrics.jsonl")
        .into_iter()
        .map(|record| match record {
            Record::Step { epoch, step, loss: Some(_), .. } => format!("step {step} in epoch {epoch}"),
            Record::Epoch { epoch, step, valid_loss: Some(_), valid_accuracy: Some(_), .. } => {
                format!("epoch {epoch} over at step {step}")
            }
            Record::End { epochs, steps, reason, .. } => format!("{reason}: {epochs} epochs, {steps} steps"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            "step 4 in epoch 0",
            "step 8 in epoch 0",
            "epoch 0 over at step 8",
            "step 12 in epoch 1",
            "step 16 in epoch 1",
            "epoch 1 over at step 16",
            "completed: 2 epochs, 16 steps",
        ]
    );
}

#[test]
fn the_end_of_the_metrics_has_the_accuracy_that_is_printed() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--quiet"]);
    let text = std::fs::read_to_string(scratch.path("run/metrics.jsonl")).unwrap();
    let end: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let accuracy = format!("test accuracy {:.2} %", 100.0 * end["test_accuracy"].as_f64().unwrap());
    let loss = format!(", loss {:.4}\n", end["test_loss"].as_f64().unwrap());
    assert!(ended.stdout.starts_with(&accuracy) && ended.stdout.contains(&loss), "{}", ended.stdout);
}
