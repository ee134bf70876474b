//! Data sets in the layouts that people have: what is read, and what is refused in one line.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod csv;
mod idx;
mod images;

use std::path::Path;

use lenet_data::dataset::{Dataset, Part};
use lenet_data::{DigitSet, Error};

/// Reads the training, the validation and the test images in a folder.
fn load(folder: &Path) -> Result<[DigitSet; 3], Error> {
    let data = Dataset::find(folder)?;
    Ok([data.load(Part::Train)?, data.load(Part::Valid)?, data.load(Part::Test)?])
}

/// The error of a folder, which must be one line that names something in it.
#[track_caller]
fn refused(folder: &Path, expected: &[&str]) {
    let error = load(folder).unwrap_err().to_string();
    assert!(error.starts_with(folder.to_str().unwrap()), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    // Windows separates the parts of a path by \.
    let error = error.replace(std::path::MAIN_SEPARATOR, "/");
    for part in expected {
        assert!(error.contains(part), "{error}\nlacks {part}");
    }
}

#[test]
fn an_empty_folder_lacks_all_four_files_and_says_what_else_would_do() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &["no train-images-idx3-ubyte", "EMNIST, CSV files and folders of images"]);
}

#[test]
fn a_folder_that_does_not_exist_and_a_file_are_refused_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let (absent, file) = (folder.path().join("absent"), folder.path().join("train.csv"));
    std::fs::write(&file, "label,pixel0\n").unwrap();
    refused(&absent, &["/absent: ", "os error"]);
    refused(&file, &["train.csv: expected the folder that the images are in, found a file"]);
}
