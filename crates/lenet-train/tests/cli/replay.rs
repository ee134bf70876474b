//! `at` and `why`: the state of a run at a step, and what a step learnt from.

use std::fs;

use lenet_train::Checkpoint;

use crate::scratch::Scratch;

/// Settings with states of their own: a moving average, a plateau, an optimizer with two moments.
const STATEFUL: [&str; 6] = [
    "--optimizer=adam",
    "--ema=0.9",
    "--reduce-on-plateau=0",
    "--accumulate=2",
    "--shift=2",
    "--log-every=1",
];

/// The checkpoint after `step` in a run's folder.
fn checkpoint(scratch: &Scratch, run: &str, step: u64) -> Checkpoint {
    Checkpoint::load(&scratch.path(&format!("{run}/checkpoints/step-{step:010}.ckpt"))).unwrap()
}

#[test]
fn the_state_at_any_step_has_the_bits_of_a_run_that_was_stopped_there() {
    let scratch = Scratch::with_digits();
    // One run keeps the state after each step, the other that after step 6 and the last one.
    scratch.train("all", &[&STATEFUL[..], &["--checkpoint-every=1", "--keep=100"]].concat());
    scratch.train("few", &[&STATEFUL[..], &["--checkpoint-every=6", "--keep=100"]].concat());
    for entry in ["step-0000000004.ckpt", "step-0000000008.ckpt", "best.ckpt"] {
        fs::remove_file(scratch.path("few/checkpoints").join(entry)).unwrap();
    }
    // Before the first checkpoint, at it, after it, at the end of an epoch, at the end.
    for step in [1, 5, 6, 7, 8, 12] {
        let out = format!("at-{step}");
        let ended = scratch.run(&["at", "few", &step.to_string(), "--out", &out]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let (found, expected) = (checkpoint(&scratch, &out, step), checkpoint(&scratch, "all", step));
        for section in ["model", "optimizer", "hook:Accumulate", "hook:Ema"] {
            assert!(found.section(section) == expected.section(section), "step {step}: `{section}` differs");
        }
    }
    assert!(scratch.weights("at-12") == scratch.weights("all"), "the last state is that of the run");
    assert!(scratch.weights("at-5") != scratch.weights("at-6"));
}

#[test]
fn a_run_goes_on_from_a_rebuilt_state_to_the_same_end() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &STATEFUL);
    assert_eq!(scratch.run(&["at", "run", "5", "--out=then"]).code, Some(0));
    let files = [
        "checkpoints",
        "layers.jsonl",
        "manifest.json",
        "metrics.jsonl",
        "model.safetensors",
        "relus.jsonl",
        "run.toml",
    ];
    assert_eq!(scratch.names("then")[1..], files);
    let resumed = scratch.run(&["--resume=then", "--quiet"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("going on after step 5"), "{}", resumed.stderr);
    assert!(scratch.weights("then") == scratch.weights("run"));
}

#[test]
fn a_step_that_the_run_does_not_have_and_a_used_folder_are_refused() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let ended = scratch.run(&["at", "run", "13", "--out=then"]);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(1), "error: step 13: the run in run has 12 steps\n")
    );
    assert!(!scratch.path("then").exists());
    let ended = scratch.run(&["at", "run", "3", "--out=run"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("exists already"), "{}", ended.stderr);
    let ended = scratch.run(&["at", "digits", "3", "--out=then"]);
    assert!(ended.stderr.contains("digits is not the folder of a run"), "{}", ended.stderr);
}

#[test]
fn a_step_is_shown_with_its_images_gradients_and_losses() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--log-every=1"]);
    let before = scratch.names("run");
    let ended = scratch.run(&["why", "run", "--step=6"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("step 6 of 12, in epoch 2: 64 images, learning rate 0."), "{}", lines[0]);
    // The loss of the batch is the one that the run recorded, and the mean of those of its images.
    let recorded = scratch.metrics("run/metrics.jsonl").into_iter().find_map(|record| match record {
        lenet_report::run::Record::Step { step: 6, loss, .. } => loss,
        _ => None,
    });
    let recorded = recorded.unwrap();
    assert!(
        lines[1].starts_with(&format!("loss of these images: {recorded:.4} before the step, ")),
        "{}",
        lines[1]
    );
    let losses: Vec<f32> = lines
        .iter()
        .filter(|line| line.contains(" %  "))
        .map(|line| line.split_whitespace().last().unwrap().parse().unwrap())
        .collect();
    assert_eq!(losses.len(), 64);
    assert!(losses.is_sorted_by(|one, other| one >= other));
    assert!((losses.iter().sum::<f32>() / 64.0 - recorded).abs() < 1e-3, "{losses:?}");
    for layer in ["conv1", "conv2", "fc1", "fc2", "fc3"] {
        assert!(lines.iter().any(|line| line.starts_with(layer)), "{}", ended.stdout);
    }
    let sheet = image::open(scratch.path("run/step-6.png")).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (10 * 72, 7 * 88));
    let after: Vec<String> = scratch.names("run").into_iter().filter(|name| name != "step-6.png").collect();
    assert_eq!(after, before, "the run is as it was");
}

#[test]
fn without_a_step_it_is_the_one_whose_loss_rose_most() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--log-every=1"]);
    let text = fs::read_to_string(scratch.path("run/metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| match line.contains("\"step\":7,\"loss\"") {
        true => {
            "{\"event\":\"step\",\"epoch\":1,\"step\":7,\"loss\":50.0,\"learning_rate\":0.001}".to_owned()
        }
        false => line.to_owned(),
    });
    fs::write(scratch.path("run/metrics.jsonl"), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    let ended = scratch.run(&["why", "run", "--out=step.png"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("step 7 of 12"), "{}", ended.stdout);
    assert!(ended.stdout.contains("to 50.0000") && scratch.path("step.png").exists(), "{}", ended.stdout);
}
