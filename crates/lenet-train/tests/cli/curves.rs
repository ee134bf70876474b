//! The curves that a training leaves: of a range test, and of a training on one batch.

use std::fs;

use crate::scratch::Scratch;

#[test]
fn a_range_test_draws_its_curve() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--range-test=60"]);
    assert!(ended.stdout.contains("range-test.csv and range-test.svg, the loss of "), "{}", ended.stdout);
    assert!(!ended.stdout.contains('│'), "no plot in a pipe: {}", ended.stdout);
    let svg = fs::read_to_string(scratch.path("run/range-test.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("learning rate") && svg.contains(">1e-5<"), "{svg}");
}

#[test]
fn a_training_on_one_batch_says_how_far_its_loss_fell_and_draws_it() {
    let scratch = Scratch::with_digits();
    let arguments = ["--overfit-one-batch", "--epochs=10"];
    let ended = scratch.train("run", &arguments);
    let found = ended.stdout.lines().find(|line| line.starts_with("one batch: its loss is ")).unwrap();
    assert!(found.ends_with(" at step 40"), "{found}");
    let svg = fs::read_to_string(scratch.path("run/one-batch.svg")).unwrap();
    assert_eq!(svg.split("data-values=\"").nth(1).unwrap().split('"').next().unwrap().split(';').count(), 40);
}

#[test]
fn a_training_on_one_batch_that_resumes_has_the_whole_curve() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--overfit-one-batch", "--epochs=2"]);
    let whole = fs::read(scratch.path("run/one-batch.svg")).unwrap();
    assert_eq!(scratch.run(&["at", "run", "5", "--out=then"]).code, Some(0));
    let resumed = scratch.run(&["--resume=then"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert!(fs::read(scratch.path("then/one-batch.svg")).unwrap() == whole);
}
