//! A training from the command line: what it computes and what it prints.

use std::process::Stdio;

use burn::module::{Module, ParamGroup};
use lenet_data::{HostBatch, Loader, Normalisation, Shifted};
use lenet_model::{LeNet, StateDict, weights};
use lenet_train::{CrossEntropy, Optimizer, OptimizerKind, Schedule, Trainer};

use crate::scratch::{Scratch, small_run, train_digits};

#[test]
fn one_seed_gives_the_same_weights_to_the_last_bit() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--seed", "7"]);
    scratch.train("again", &["--seed", "7"]);
    assert!(scratch.weights("run") == scratch.weights("again"));
}

#[test]
fn another_seed_gives_other_weights() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--seed", "7"]);
    scratch.train("other", &["--seed", "8"]);
    assert!(scratch.weights("run") != scratch.weights("other"));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--threads", "1"]);
    scratch.train("three", &["--threads", "3"]);
    assert!(scratch.weights("run") == scratch.weights("three"));
}

#[test]
fn train_is_what_happens_without_a_command() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    assert_eq!(scratch.run(&small_run("bare")[1..]).code, Some(0));
    assert!(scratch.weights("run") == scratch.weights("bare"));
}

#[test]
fn every_choice_of_a_flag_trains() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--recipe=none", "--epochs=1"]);
    let plain = scratch.weights("run");
    let flags = [
        "--optimizer=nesterov",
        "--optimizer=adam",
        "--optimizer=adamw",
        "--optimizer=rmsprop",
        "--optimizer=adagrad",
        "--schedule=constant",
        "--schedule=linear",
        "--warm-up=2",
        "--first-filters=edges",
        "--layer-lr=conv1=2",
        "--loss=mse",
        "--lr=0.01",
        "--momentum=0.5",
        "--weight-decay=0.1",
    ];
    for flag in flags {
        let run = flag.trim_start_matches('-');
        scratch.train(run, &["--recipe=none", "--epochs=1", flag]);
        assert!(scratch.weights(run) != plain, "{flag} changes nothing");
    }
}

#[test]
fn what_is_printed_is_the_set_a_line_per_epoch_and_the_result() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--epochs=2"]);
    assert_eq!(ended.stderr, "");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let beginnings = [
        "LeNet, 61,706 parameters, on flex",
        "the folder digits",
        "256 images to train on, 44 to validate on",
        "epoch 1/2  loss ",
        "epoch 2/2  loss ",
        "test accuracy ",
        "after ",
        "in run: model.safetensors, metrics.jsonl",
    ];
    assert_eq!(lines.len(), beginnings.len(), "{lines:#?}");
    for (line, beginning) in lines.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{line}");
    }
    assert!(lines[5].contains(" % on 100 images not seen before"), "{}", lines[5]);
}

#[test]
fn quiet_prints_nothing_but_the_result() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--quiet"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("test accuracy "), "{lines:#?}");
    assert_eq!(ended.stderr, "");
}

#[test]
fn without_images_held_out_there_is_no_validation() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["--data=digits", "--valid=0", "--out=run"]);
    assert!(!ended.stdout.contains("  validation "), "{}", ended.stdout);
    assert_eq!(scratch.manifest("run")["data"]["train"], 300);
}

/// As `| head -1` does.
#[test]
fn a_reader_that_goes_away_does_not_end_the_training() {
    let scratch = Scratch::with_digits();
    let mut command = scratch.command(&small_run("run"));
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(program.stdout.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));
    assert!(!scratch.weights("run").is_empty());
}

/// The seed decides the initial weights and the order, and the other settings are those of the default recipe.
#[test]
fn the_command_line_trains_as_the_library_does() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--seed=7"]);

    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap().autodiff();
    let mut digits = train_digits();
    digits.split_off(256);
    let normalisation = Normalisation::of(digits.pixels()).unwrap(); // Digits that are not MNIST's.
    let digits = digits.with_normalisation(normalisation);
    let loss = CrossEntropy::new().smoothing(0.05).unwrap();
    let trainer = Trainer::new(|net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&device);
        loss.forward(net.forward(batch.images), batch.labels)
    });
    let net = LeNet::with_state_dict(&StateDict::random_with_edges(7), &device);
    let outcome = trainer
        .optimizer(Optimizer::new(OptimizerKind::Adamw).betas([0.9, 0.99]))
        .lr_factor_for(ParamGroup::from_predicate("conv"), 2.0)
        .schedule(Schedule::WarmUpLinear { peak: 0.005, warm_up_share: 0.1 })
        .epochs(3)
        .fit(
            net,
            &Loader::new(Shifted::new(digits, 1, 7).normalisation(normalisation), 64).unwrap().shuffle(7),
        )
        .unwrap();
    let by_library = outcome.model.valid().state_dict().unwrap();
    let by_program = weights::read_state_dict(&scratch.path("run/model.safetensors")).unwrap();
    assert!(by_program.parameters() == by_library.parameters());
}
