//! IDX files of any number of classes, and EMNIST.

use std::fs;
use std::path::Path;

use lenet_data::dataset::{Dataset, Part};
use lenet_data::mnist::FILE_NAMES;
use tempfile::TempDir;

use crate::{load, refused};

/// Names of EMNIST's files of letters.
const LETTERS: [&str; 4] = [
    "emnist-letters-train-images-idx3-ubyte",
    "emnist-letters-train-labels-idx1-ubyte",
    "emnist-letters-test-images-idx3-ubyte",
    "emnist-letters-test-labels-idx1-ubyte",
];

fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// Stores images of 2×2 pixels, 0 1 2 3 in the file, with these labels to train and to test on.
fn store(folder: &Path, names: [&str; 4], train: &[u8], test: &[u8]) {
    for (labels, names) in [(train, &names[..2]), (test, &names[2..])] {
        let count = labels.len() as u32;
        fs::write(folder.join(names[0]), idx(&[count, 2, 2], &[0, 1, 2, 3].repeat(labels.len()))).unwrap();
        fs::write(folder.join(names[1]), idx(&[count], labels)).unwrap();
    }
}

fn folder(names: [&str; 4], train: &[u8], test: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), names, train, test);
    folder
}

#[test]
fn digits_have_ten_classes_even_if_some_are_missing() {
    let [train, valid, test] = load(folder(FILE_NAMES, &[0, 3], &[9]).path()).unwrap();
    assert_eq!((train.classes(), valid.len(), test.labels()), (10, 0, &[9][..]));
    assert!(train.class_names().is_empty());
}

#[test]
fn a_larger_label_makes_more_classes() {
    let all: Vec<u8> = (0..47).collect();
    let [train, _, test] = load(folder(FILE_NAMES, &all, &[46]).path()).unwrap();
    assert_eq!((train.classes(), test.classes()), (47, 47));
}

#[test]
fn a_file_of_names_says_how_many_classes_there_are() {
    let folder = folder(FILE_NAMES, &[0, 1], &[2]);
    fs::write(folder.path().join("classes.txt"), "T-shirt\nTrouser\nAnkle boot\n").unwrap();
    let [train, valid, test] = load(folder.path()).unwrap();
    assert_eq!(train.class_names(), ["T-shirt", "Trouser", "Ankle boot"]);
    assert_eq!((valid.classes(), test.class_names()), (3, train.class_names()));
    assert!(!Dataset::find(folder.path()).unwrap().has_mnists_frame());
}

#[test]
fn a_class_without_an_image_is_named() {
    let labels: Vec<u8> = (0..26).filter(|label| *label != 9).collect();
    refused(
        folder(FILE_NAMES, &labels, &[0]).path(),
        &["train-labels-idx1-ubyte", "labels up to 25", "classes.txt", "none of class 9"],
    );
}

#[test]
fn a_label_that_no_training_image_has_is_refused() {
    let test = folder(FILE_NAMES, &[0, 1], &[3, 10]);
    refused(test.path(), &["t10k-labels-idx1-ubyte", "labels from 0 to 9", "10 at index 1"]);
}

#[test]
fn a_byte_order_mark_and_empty_lines_at_the_end_are_no_names() {
    let folder = folder(FILE_NAMES, &[0, 1], &[0]);
    fs::write(folder.path().join("classes.txt"), "\u{feff}cat\r\ndog\r\n\r\n").unwrap();
    assert_eq!(load(folder.path()).unwrap()[0].class_names(), ["cat", "dog"]);
}

#[test]
fn unfit_names_are_refused() {
    for (names, expected) in [
        ("", "found 0"),
        ("a\n\nb", "found \"\" in line 2"),
        ("a\n\u{1b}[1m", "control characters"),
        ("a\nb\na", "found \"a\" once more in line 3"),
    ] {
        let folder = folder(FILE_NAMES, &[0], &[0]);
        fs::write(folder.path().join("classes.txt"), names).unwrap();
        refused(folder.path(), &["classes.txt", expected]);
    }
}

#[test]
fn emnists_images_are_transposed_and_its_letters_counted_from_1() {
    let folder = folder(LETTERS, &[1, 26], &[2]);
    let [train, _, test] = load(folder.path()).unwrap();
    assert_eq!((train.labels(), test.labels(), train.classes()), (&[0, 25][..], &[1][..], 26));
    assert_eq!(train.image(1), [0, 2, 1, 3]);
    assert_eq!((&*train.class_names()[25], &*train.class_names()[0]), ("Z", "A"));
    assert!(Dataset::find(folder.path()).unwrap().has_mnists_frame());
}

#[test]
fn an_emnist_image_that_is_not_square_is_upright_too() {
    let folder = folder(LETTERS, &[1], &[2]);
    fs::write(folder.path().join(LETTERS[0]), idx(&[1, 2, 3], &[1, 2, 3, 4, 5, 6])).unwrap();
    let train = Dataset::find(folder.path()).unwrap().load(Part::Train).unwrap();
    assert_eq!((train.height(), train.width(), train.image(0)), (3, 2, &[1, 4, 2, 5, 3, 6][..]));
}

#[test]
fn one_of_several_splits_of_emnist_is_selected_by_name() {
    let folder = folder(LETTERS, &[1], &[2]);
    store(folder.path(), LETTERS.map(|name| name.replace("letters", "balanced").leak() as &str), &[46], &[0]);
    refused(folder.path(), &["one split of EMNIST", "emnist-letters", "balanced and letters"]);
    let [train, ..] = load(&folder.path().join("emnist-balanced")).unwrap();
    assert_eq!((train.classes(), &*train.class_names()[46]), (47, "t"));
}

#[test]
fn letters_with_a_label_0_are_refused() {
    refused(folder(LETTERS, &[1, 0], &[2]).path(), &["train-labels", "labels from 1 to 26", "0 at index 1"]);
}

#[test]
fn a_file_of_emnist_that_is_missing_is_named() {
    let folder = folder(LETTERS, &[1], &[2]);
    fs::remove_file(folder.path().join(LETTERS[3])).unwrap();
    refused(folder.path(), &["no emnist-letters-test-labels-idx1-ubyte"]);
}
