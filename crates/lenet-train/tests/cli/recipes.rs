//! Recipes, and the flags that set the length of a training.

use std::fs;

use lenet_report::run::Record;
use serde_json::json;

use crate::scratch::{Ended, Scratch, small_run};

/// A file of settings, and the arguments that use it.
fn write(scratch: &Scratch, name: &str, text: &str) -> String {
    fs::write(scratch.path(name), text).unwrap();
    format!("--config={name}")
}

fn run_toml(scratch: &Scratch, run: &str) -> toml::Table {
    fs::read_to_string(scratch.path(run).join("run.toml")).unwrap().parse().unwrap()
}

/// Steps, epochs and reason of the end of a run.
fn end(scratch: &Scratch, run: &str) -> (u64, u64, String) {
    let last = scratch.metrics(&format!("{run}/metrics.jsonl")).pop();
    let Some(Record::End { steps, epochs, reason, test_accuracy: Some(_), .. }) = last else {
        panic!("{last:?}")
    };
    (steps, epochs, reason)
}

#[test]
fn they_are_listed_and_printed() {
    let scratch = Scratch::empty();
    let list = scratch.run(&["recipes"]).stdout;
    let names: Vec<&str> = list.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(names, ["fast", "default", "best"]);
    for name in names {
        let Ended { code, stdout, .. } = scratch.run(&["recipes", name]);
        assert_eq!(code, Some(0));
        let beside = format!("{}/recipes/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(stdout, fs::read_to_string(beside).unwrap());
    }
    assert_eq!(scratch.run(&["recipes", "soup"]).code, Some(2));
}

#[test]
fn a_run_without_flags_has_the_default_recipe() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    assert_eq!(scratch.manifest("run")["settings"]["recipe"], json!("default"));
    let file = write(&scratch, "printed.toml", &scratch.run(&["recipes", "default"]).stdout);
    scratch.train("printed", &["--recipe=none", &file]);
    assert!(scratch.weights("run") == scratch.weights("printed"));
    let recorded = run_toml(&scratch, "run");
    for (key, value) in scratch.run(&["recipes", "default"]).stdout.parse::<toml::Table>().unwrap() {
        assert_eq!(recorded[&key], value, "{key}");
    }
}

#[test]
fn every_recipe_trains() {
    let scratch = Scratch::with_digits();
    for recipe in ["fast", "default", "best", "none"] {
        scratch.train(recipe, &["--recipe", recipe, "--max-steps=2"]);
        assert_eq!(scratch.manifest(recipe)["settings"]["recipe"], json!(recipe));
    }
}

#[test]
fn a_flag_wins_over_a_file_and_a_file_over_a_recipe() {
    let scratch = Scratch::with_digits();
    let file = write(&scratch, "s.toml", "recipe = \"fast\"\nlr = 0.002\nsmoothing = 0.1\nmax-steps = 2\n");
    scratch.train("run", &[&file, "--smoothing=0.2"]);
    let recorded = run_toml(&scratch, "run");
    let found = ["recipe", "batch-size", "lr", "smoothing"].map(|key| recorded[key].to_string());
    assert_eq!(found, ["\"fast\"", "64", "0.002", "0.2"]);
    scratch.train("flag", &[&file, "--recipe=best"]);
    assert_eq!(run_toml(&scratch, "flag")["optimizer"].as_str(), Some("nesterov"));
}

#[test]
fn another_choice_drops_the_settings_that_belonged_to_the_one_of_the_recipe() {
    let scratch = Scratch::with_digits();
    scratch.train("sgd", &["--optimizer=sgd"]);
    let settings = scratch.manifest("sgd")["settings"].clone();
    assert_eq!(settings["optimizer"]["momentum"], json!(0.9));
    assert_eq!(settings["optimizer"]["weight_decay"], json!(0.0005));
    assert_eq!(settings["schedule"], json!({"kind": "warm-up-linear", "peak": 0.05, "warm_up_share": 0.1}));
    assert!(!run_toml(&scratch, "sgd").contains_key("layer-lr"));

    scratch.train("adamw", &["--optimizer=adamw"]); // The same choice.
    assert_eq!(run_toml(&scratch, "adamw")["lr"].as_float(), Some(0.005));
    scratch.train("constant", &["--schedule", "constant"]);
    scratch.train("mse", &["--loss=mse"]);
    // So does the file of a run.
    scratch.train("again", &["--config=mse/run.toml", "--optimizer=sgd", "--schedule=step"]);
    assert_eq!(scratch.manifest("again")["settings"]["loss"], json!("mse"));
}

#[test]
fn images_take_the_place_of_epochs_and_the_other_way_round() {
    let scratch = Scratch::with_digits(); // 256 images to train on
    for (run, flags, expected) in [
        ("images", &["--images=300"][..], (5, 2)),
        ("fewer", &["--images=100"], (2, 1)),
        ("epochs", &["--images=100", "--epochs=2"], (8, 2)),
        ("fast", &["--recipe=fast", "--epochs=1"], (4, 1)),
        ("steps", &["--max-steps", "7"], (7, 2)),
        ("limited", &["--limit-batches=2"], (6, 3)),
    ] {
        scratch.train(run, flags);
        let (steps, epochs, reason) = end(&scratch, run);
        assert_eq!(((steps, epochs), &*reason), (expected, "completed"), "{run}");
        let planned = scratch.manifest(run)["settings"].clone();
        assert_eq!((&planned["steps"], &planned["epochs"]), (&json!(steps), &json!(epochs)), "{run}");
        scratch.train(&format!("{run}-again"), &["--config", &format!("{run}/run.toml")]);
        assert!(scratch.weights(&format!("{run}-again")) == scratch.weights(run), "{run}");
        assert_eq!(scratch.run(&["--resume", run]).code, Some(0), "{run}");
    }
}

#[test]
fn the_last_epoch_is_validated_where_it_is_cut() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--images=300"]);
    let epochs = scratch.metrics("run/metrics.jsonl").into_iter().filter_map(|record| match record {
        Record::Epoch { step, valid_accuracy: Some(_), .. } => Some(step),
        _ => None,
    });
    assert_eq!(epochs.collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_run_whose_time_is_up_says_so_and_resumes_to_the_same_bits() {
    let scratch = Scratch::with_digits();
    scratch.train("whole", &["--images=300"]);
    let ended = scratch.train("run", &["--images=300", "--max-time=1ns"]);
    assert_eq!(ended.stderr, "time is up after 1 of 5 steps: --resume run goes on\n");
    assert_eq!(end(&scratch, "run"), (1, 0, "time is up".into()));
    assert_eq!(scratch.run(&["--resume=run"]).code, Some(0)); // One more step.
    let ended = scratch.run(&["--resume=run", "--max-time", "1h"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(end(&scratch, "run"), (5, 2, "completed".into()));
    assert!(scratch.weights("run") == scratch.weights("whole"));
}

#[test]
fn a_resumed_run_has_the_recipe_that_it_began_with() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--recipe=fast", "--max-time=1ns"]);
    let ended = scratch.run(&["--resume=run", "--recipe=best"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("--recipe has no effect beside --resume"), "{}", ended.stderr);

    // A version without recipes wrote none.
    scratch.train("plain", &["--recipe=none"]);
    let settings = fs::read_to_string(scratch.path("plain/run.toml")).unwrap();
    let settings = settings.lines().filter(|line| !line.starts_with('#') && !line.starts_with("recipe"));
    fs::create_dir(scratch.path("old")).unwrap();
    fs::write(scratch.path("old/run.toml"), settings.map(|line| format!("{line}\n")).collect::<String>())
        .unwrap();
    let ended = scratch.run(&["--resume=old"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let settings = scratch.manifest("old")["settings"].clone();
    assert_eq!((&settings["recipe"], &settings["optimizer"]["kind"]), (&json!("none"), &json!("sgd")));
}

#[test]
fn lengths_are_checked() {
    let refused = |flag: &str, reason: &str| {
        let Ended { code, stderr, .. } = Scratch::empty().run(&[flag]);
        assert_eq!(code, Some(2));
        assert!(stderr.lines().next().unwrap_or_default().ends_with(reason), "{stderr}");
    };
    refused("--max-time=60", "expected a time such as 60s or 1h30m");
    refused("--max-time=-5s", "expected a time such as 60s or 1h30m");
    refused("--images=0", "must be 1 or more");
    refused("--max-steps=0", "must be 1 or more");
    refused("--limit-batches=0", "must be 1 or more");
    refused("--warm-up=101%", "must be at most 100%");
    refused("--layer-lr=conv3=2", "expected one of the layers conv1, conv2, fc1, fc2, fc3");
    refused("--layer-lr=conv1", "expected LAYER=FACTOR, such as conv1=2");
}

#[test]
fn the_factor_of_a_layer_reaches_that_layer() {
    let scratch = Scratch::with_digits();
    let run = |name: &str, factor: &str| {
        let flags = ["--recipe=none", "--max-steps=1", "--optimizer=sgd", "--layer-lr", factor];
        assert_eq!(scratch.run(&[&small_run(name)[..], &flags].concat()).code, Some(0));
        lenet_model::weights::read_state_dict(&scratch.path(name).join("model.safetensors")).unwrap()
    };
    let (plain, faster) = (run("plain", "fc3=1"), run("faster", "conv2=3"));
    for (plain, faster) in plain.parameters().iter().zip(faster.parameters()) {
        assert_eq!(plain == faster, !plain.name.starts_with("conv2"), "{}", plain.name);
    }
}
