//! `influence`, and `train --leave-out`.

use std::fs;

use lenet_data::{DigitSet, permutation, synthetic};
use lenet_report::influence::Effect;

use crate::scratch::{Ended, Scratch};

/// Numbers of training images, and of those held out after them.
const IMAGES: usize = 1_000;
const VALID: usize = 50;
/// Images at these places of the shuffled order are copies of test image 0 with a wrong label: a fifth of the fourth fifth.
const PLANTED: std::ops::Range<usize> = 640..680;

/// Synthetic digits, 40 of them copies of a test image with a wrong label.
fn planted() -> Scratch {
    let scratch = Scratch::empty();
    let test = synthetic::digits(6, 0..100).unwrap();
    let train = synthetic::digits(5, 0..(IMAGES + VALID) as u64).unwrap();
    let (mut pixels, mut labels) = (Vec::new(), train.labels().to_vec());
    let order = permutation(0, 0, IMAGES);
    for (index, label) in labels.iter_mut().enumerate() {
        let is_planted = order[PLANTED].contains(&index);
        pixels.extend(if is_planted { test.image(0) } else { train.image(index) });
        *label = if is_planted { (test.label(0) + 5) % 10 } else { *label };
    }
    let train = DigitSet::new(pixels, labels, train.height(), train.width()).unwrap();
    scratch.store_digits("digits", &train, &test);
    let ended = scratch.run(&[
        "--data=digits",
        "--valid=50",
        "--epochs=4",
        "--batch-size=16",
        "--quiet",
        "--out=run",
    ]);
    succeeds(&ended);
    scratch
}

#[track_caller]
fn succeeds(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

fn effects(scratch: &Scratch, folder: &str) -> Vec<Effect> {
    let lines = fs::read_to_string(scratch.path(folder).join("influence.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn mislabelled_copies_are_found_and_noise_is_not() {
    let scratch = planted();
    let arguments = ["influence", "run", "--test=0,1", "--shards=5", "--seeds=3"];
    let ended = scratch.run(&arguments);
    succeeds(&ended);
    let found: Vec<Effect> = effects(&scratch, "influences/run");
    let influences: Vec<&Effect> = found.iter().filter(|effect| effect.is_influence()).collect();
    // Of five shards the copies are in the fourth one, and there in the second one, divided once more.
    let named: Vec<(usize, &str)> = influences.iter().map(|one| (one.test_image, &*one.left_out)).collect();
    assert_eq!(named, [(0, "600:800@0"), (0, "640:680@0")], "{}", ended.stdout);
    assert!(influences.iter().all(|one| one.effect > 0.0 && one.probability > one.probability_of_others));
    assert_eq!(found.len(), 2 * 5 + 5, "the image without an influence is not looked into further");
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    assert!(ended.stdout.contains("no influence found at 3 seeds"), "{}", ended.stdout);

    let page = fs::read_to_string(scratch.path("influences/run/influence.html")).unwrap();
    assert!(
        page.contains("Without <b>640:680@0</b> (40 images)")
            && page.contains("No influence found at 3 seeds")
    );
    // The images of the shard that are most like the test image are its copies.
    let wrong = found[0].label.parse::<u8>().map(|label| (label + 5) % 10).unwrap();
    assert_eq!(page.matches(&format!(", a {wrong}\"")).count(), 12, "{page}");

    // A run that is lost is trained again, to the same answers.
    let runs: Vec<String> =
        scratch.names("influences/run").into_iter().filter(|name| !name.contains('.')).collect();
    assert_eq!(runs.len(), 2 * 5 * 3);
    fs::remove_dir_all(scratch.path("influences/run").join(&runs[7])).unwrap();
    let again = scratch.run(&arguments);
    succeeds(&again);
    assert_eq!(again.stdout, ended.stdout);
}

#[test]
fn a_training_without_images_is_one_on_the_others() {
    let scratch = Scratch::with_digits();
    let normalised = ["--epochs=2", "--normalise=mnist"];
    scratch.train("without", &[&normalised[..], &["--leave-out=7,100:150,3::10"]].concat());
    let (train, test) = (synthetic::digits(5, 0..300).unwrap(), synthetic::digits(5, 300..400).unwrap());
    let mut others = train.clone();
    others.retain(|index| index >= 256 || !(index == 7 || (100..150).contains(&index) || index % 10 == 3));
    scratch.store_digits("others", &others, &test);
    scratch.train("on-others", &[&normalised[..], &["--data=others"]].concat());
    assert!(scratch.weights("without") == scratch.weights("on-others"));
    let resumed = scratch.run(&["--resume=without", "--leave-out=8,100:150,3::10"]);
    assert!(resumed.stderr.contains("`leave-out` was"), "{}", resumed.stderr);
}

#[test]
fn images_that_do_not_exist_are_refused() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["--data=digits", "--valid=44", "--leave-out=256"]);
    assert_eq!(ended.stderr, "error: --leave-out 256: there are 256 training images, from 0 to 255\n");
    scratch.train("run", &["--epochs=1"]);
    let ended = scratch.run(&["influence", "run", "--test=100"]);
    assert_eq!(ended.stderr, "error: --test 100: there are 100 test images, from 0 to 99\n");
    let ended = scratch.run(&["influence", "run", "--seeds=1"]);
    assert!(ended.stderr.starts_with("error: --seeds 1: expected 2 or more"), "{}", ended.stderr);
    assert!(!scratch.path("influences").exists());
}
