//! The trained weights in the program: who uses them, and that they are those of their provenance.

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma};
use lenet_data::mnist::{MnistFiles, Source, Split, default_cache_dir};
use lenet_data::{DigitSet, Samples, synthetic};
use lenet_model::{Classifier, LeNet, pretrained};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::scratch::Scratch;

fn provenance() -> Value {
    serde_json::from_str(pretrained::PROVENANCE).unwrap()
}

#[test]
fn the_weights_have_the_sha256_of_their_provenance() {
    let sha256: String =
        Sha256::digest(pretrained::WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(provenance()["weights"]["sha256"], sha256);
}

/// MNIST's test digits, if they are on this machine.
fn mnist() -> Option<DigitSet> {
    let folder = std::env::var_os("LENET_DATA_DIR").filter(|folder| !folder.is_empty());
    let files = match folder {
        Some(folder) => MnistFiles::in_folder(Path::new(&folder)).ok()?,
        None => MnistFiles::in_cache(&default_cache_dir()?, &Source::mnist()).ok()?,
    };
    files.load(Split::Test).ok()
}

#[test]
fn the_weights_have_the_test_accuracy_of_their_provenance() {
    let Some(test) = mnist() else {
        println!("skipped: set LENET_DATA_DIR to a folder with MNIST");
        return;
    };
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap();
    let all: Vec<usize> = (0..test.len()).collect();
    let predictions =
        Classifier::new(LeNet::pretrained(&device)).classify(&test.gather(&all).unwrap().images);
    let predictions = predictions.unwrap();
    let right = predictions.iter().zip(test.labels()).filter(|(read, label)| read.digit() == **label).count();
    let accuracy = right as f64 / test.len() as f64;
    let expected = provenance()["test"]["accuracy"].as_f64().unwrap();
    // Another instruction set rounds otherwise, which may turn a digit between two.
    assert!((accuracy - expected).abs() <= 0.0003, "{accuracy}, expected {expected}");
}

/// A synthetic digit 7 as a picture.
fn seven(scratch: &Scratch) {
    let pixels = synthetic::draw(2026, 7).0;
    GrayImage::from_raw(32, 32, pixels.to_vec()).unwrap().save(scratch.path("seven.png")).unwrap();
}

#[test]
fn predict_reads_a_picture_with_no_training_before_it() {
    let scratch = Scratch::empty();
    seven(&scratch);
    let ended = scratch.run(&["predict", "seven.png"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("seven.png: 7 ("), "{}", ended.stdout);
    assert!(ended.stderr.starts_with("no run in runs/: using the trained weights in this program (99."));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

/// Lines from point to point.
type Strokes = &'static [&'static [(f32, f32)]];

/// Strokes from point to point in a square of 10×10: capital letters without a likeness to a digit, and signs.
const NO_DIGITS: [(&str, Strokes); 14] = [
    ("A", &[&[(2., 9.), (5., 1.), (8., 9.)], &[(3., 6.), (7., 6.)]]),
    ("E", &[&[(8., 1.), (2., 1.), (2., 9.), (8., 9.)], &[(2., 5.), (7., 5.)]]),
    ("F", &[&[(8., 1.), (2., 1.), (2., 9.)], &[(2., 5.), (7., 5.)]]),
    ("H", &[&[(2., 1.), (2., 9.)], &[(8., 1.), (8., 9.)], &[(2., 5.), (8., 5.)]]),
    ("K", &[&[(2., 1.), (2., 9.)], &[(8., 1.), (2., 5.), (8., 9.)]]),
    ("M", &[&[(1., 9.), (2., 1.), (5., 6.), (8., 1.), (9., 9.)]]),
    ("N", &[&[(2., 9.), (2., 1.), (8., 9.), (8., 1.)]]),
    ("T", &[&[(1., 1.), (9., 1.)], &[(5., 1.), (5., 9.)]]),
    ("V", &[&[(2., 1.), (5., 9.), (8., 1.)]]),
    ("W", &[&[(1., 1.), (3., 9.), (5., 4.), (7., 9.), (9., 1.)]]),
    ("X", &[&[(2., 1.), (8., 9.)], &[(8., 1.), (2., 9.)]]),
    ("plus", &[&[(5., 1.), (5., 9.)], &[(1., 5.), (9., 5.)]]),
    ("square", &[&[(2., 2.), (8., 2.), (8., 8.), (2., 8.), (2., 2.)]]),
    ("arrow", &[&[(1., 5.), (9., 5.)], &[(6., 2.), (9., 5.), (6., 8.)]]),
];

/// A picture of strokes with a pen of 6 pixels radius, slanted.
fn drawn(strokes: Strokes, slant: f32) -> GrayImage {
    let lines = || strokes.iter().flat_map(|points| points.windows(2)).map(|pair| (pair[0], pair[1]));
    let distance = |(x, y): (f32, f32), ((x0, y0), (x1, y1)): ((f32, f32), (f32, f32))| {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let along = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        (x - x0 - along * dx).hypot(y - y0 - along * dy)
    };
    GrayImage::from_fn(160, 160, |column, row| {
        let (x, y) = (column as f32 / 10.0 - 3.0, row as f32 / 10.0 - 3.0);
        let point = (x + slant * (y - 5.0), y);
        let nearest = lines().map(|line| distance(point, line)).fold(f32::INFINITY, f32::min);
        Luma([if nearest < 0.6 { 0 } else { 255 }])
    })
}

/// The network has no answer for what is no digit: the figures of docs/photos.md.
#[test]
fn some_of_what_is_no_digit_is_unsure() {
    let scratch = Scratch::empty();
    fs::create_dir(scratch.path("none")).unwrap();
    for (name, strokes) in NO_DIGITS {
        for (index, slant) in [-0.2, -0.1, 0.0, 0.1, 0.2].into_iter().enumerate() {
            drawn(strokes, slant).save(scratch.path(&format!("none/{name}{index}.png"))).unwrap();
        }
    }
    let ended = scratch.run(&["predict", "none", "--weights=pretrained", "--json"]);
    assert!(ended.stderr.lines().all(|line| line.starts_with("error: none/")), "{}", ended.stderr);
    let lines: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let below = |threshold| {
        let probability = |line: &&Value| line["top"][0]["probability"].as_f64().unwrap() < threshold;
        lines.iter().filter(probability).count()
    };
    let unsure = lines.iter().filter(|line| line["unsure"] == true).count();
    let refused = ended.stderr.lines().count();
    let [eighty, ninety_nine] = [below(0.8), below(0.99)];
    println!("{refused} refused; of {} below 80 %: {eighty}, below 99 %: {ninety_nine}", lines.len());
    assert_eq!(unsure, eighty);
    assert!(10 * unsure > lines.len(), "{unsure} of {}", lines.len());
}

#[test]
fn named_in_place_of_a_file_they_are_used_beside_a_run() {
    let scratch = Scratch::with_digits();
    scratch.train("runs/one", &["--quiet"]);
    seven(&scratch);
    let by_name = scratch.run(&["predict", "seven.png", "--weights=pretrained"]);
    assert_eq!((by_name.code, by_name.stderr.as_str()), (Some(0), ""));
    let of_run = scratch.run(&["predict", "seven.png"]);
    let using = "using runs/one/model.safetensors, the run that ended last\n"
        .replace('/', std::path::MAIN_SEPARATOR_STR);
    assert_eq!((of_run.code, of_run.stderr), (Some(0), using));
    assert_ne!(by_name.stdout, of_run.stdout);
}

#[test]
fn eval_tests_them_without_a_run() {
    let ended = Scratch::with_digits().run(&["eval", "--data=digits", "--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("no run in runs/: using the trained weights"), "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["weights"], "pretrained");
    // On synthetic digits, of which they have seen none.
    assert!(report["accuracy"].as_f64().unwrap() > 0.8, "{}", report["accuracy"]);
}

#[test]
fn convert_writes_them_to_a_file() {
    let scratch = Scratch::empty();
    let ended = scratch.run(&["convert", "pretrained", "lenet.safetensors"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(fs::read(scratch.path("lenet.safetensors")).unwrap() == pretrained::WEIGHTS);
}
