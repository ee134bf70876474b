//! CSV files with the label first.

use std::fs;
use std::io::Write;

use lenet_data::dataset::Dataset;
use tempfile::TempDir;

use crate::{load, refused};

/// A line of an image of `side`² pixels, all of this value.
fn line(label: u8, pixel: u8, side: usize) -> String {
    format!("{label}{}\n", format!(",{pixel}").repeat(side * side))
}

/// Lines with the labels 0, 1, 2 …
fn lines(count: u8) -> String {
    (0..count).map(|label| line(label, 100 + label, 28)).collect()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn labels_and_pixels_are_read_with_a_header_and_without() {
    let header = format!("label{}\n", (0..784).map(|pixel| format!(",pixel{pixel}")).collect::<String>());
    for head in ["", &*header] {
        let files =
            [("fashion-mnist_train.csv", head.to_owned() + &lines(3)), ("fashion-mnist_test.csv", lines(2))];
        let folder = folder(&files.each_ref().map(|(name, text)| (*name, &**text)));
        let [train, valid, test] = load(folder.path()).unwrap();
        assert_eq!((train.len(), valid.len(), test.len()), (3, 0, 2));
        assert_eq!((train.height(), train.width(), train.classes()), (28, 28, 10));
        let mixed = (0..3).map(|index| (train.label(index), train.image(index)[783]));
        assert!(mixed.clone().all(|(label, pixel)| pixel == 100 + label));
        assert_eq!((test.label(0), test.image(1)[0]), (0, 101));
    }
}

#[test]
fn without_labelled_test_images_every_fifth_line_is_for_the_test() {
    let unlabelled = "7,".repeat(783) + "7\n";
    for files in
        [vec![("train.csv", &*lines(10))], vec![("train.csv", &*lines(10)), ("test.csv", &*unlabelled)]]
    {
        let [train, _, test] = load(folder(&files).path()).unwrap();
        let mut labels = test.labels().to_vec();
        labels.sort();
        assert_eq!((train.len(), labels), (8, vec![4, 9]));
    }
}

#[test]
fn gzip_files_and_other_squares_are_read() {
    let folder = folder(&[]);
    let file = fs::File::create(folder.path().join("train.csv.gz")).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder.write_all((line(3, 1, 8) + &line(4, 2, 8)).as_bytes()).unwrap();
    encoder.finish().unwrap();
    let [train, ..] = load(folder.path()).unwrap();
    assert_eq!((train.width(), train.len()), (8, 2));
}

#[test]
fn names_of_the_classes_are_beside_the_file() {
    let folder = folder(&[("train.csv", &lines(2)), ("classes.txt", "cat\ndog")]);
    let [train, ..] = load(folder.path()).unwrap();
    assert_eq!(train.class_names(), ["cat", "dog"]);
    assert!(!Dataset::find(folder.path()).unwrap().has_mnists_frame());
}

#[test]
fn labels_that_are_not_first_are_refused() {
    let pixels = |value: u8| format!("{value},").repeat(784);
    let header = (0..784).map(|pixel| format!("pixel{pixel},")).collect::<String>() + "Label\n";
    let lines = format!("{}3\n{}5\n", pixels(0), pixels(0));
    refused(folder(&[("train.csv", &(header + &lines))]).path(), &["\"Label\" as column 785 in line 1"]);
    refused(folder(&[("train.csv", &lines)]).path(), &["the same label, 0, in all 2 lines"]);
}

#[test]
fn what_is_no_image_is_named_with_its_line() {
    let wrong = |text: &str, expected: &[&str]| refused(folder(&[("train.csv", text)]).path(), expected);
    wrong(&(lines(2) + "3,1,2\n"), &["train.csv", "a label and then the pixels", "3 fields in line 3"]);
    wrong("1,2,3\n", &["3 fields in line 1"]);
    wrong(&line(1, 2, 33), &["at most 32x32", "1090 fields"]);
    wrong(&(lines(1) + &line(1, 2, 28).replacen(",2", ",256", 1)), &["\"256\", not a number from 0 to 255"]);
    wrong(&(lines(1) + &line(1, 2, 28).replacen(",2", ",", 1)), &["\"\", not a number"]);
    wrong("", &["found none"]);
    wrong(&"x".repeat(70_000), &["a line of more than 65536 bytes"]);
}

#[test]
fn an_unknown_label_in_the_test_is_refused() {
    let folder = folder(&[("train.csv", &lines(3)), ("test.csv", &line(12, 0, 28))]);
    refused(folder.path(), &["test.csv", "labels from 0 to 9", "found 12"]);
}

#[test]
fn several_files_of_one_kind_are_refused() {
    let folder = folder(&[("a_train.csv", &lines(1)), ("b_train.csv", &lines(1))]);
    refused(folder.path(), &["one CSV file with `train`", "a_train.csv, b_train.csv"]);
}
