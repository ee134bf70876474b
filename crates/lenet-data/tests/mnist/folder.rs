//! The four files in a folder that the user names.

use std::fs;

use lenet_data::Error;
use lenet_data::mnist::{FILE_NAMES, MnistFiles, Split};

use crate::fixture::{SIDE, encode, gzip, mnist_folder, store_tiny_files, tiny_files};

#[test]
fn both_splits_are_read() {
    let folder = tempfile::tempdir().unwrap();
    store_tiny_files(folder.path(), &[]);
    let files = MnistFiles::in_folder(folder.path()).unwrap();
    let (train, test) = (files.load(Split::Train).unwrap(), files.load(Split::Test).unwrap());
    assert_eq!((train.len(), test.len()), (9, 4));
    assert_eq!(train.labels(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(train.image(0), &tiny_files()[0][16..][..(SIDE * SIDE) as usize]);
}

#[test]
fn a_file_may_be_raw_or_gzip_and_the_plain_name_wins() {
    let folder = tempfile::tempdir().unwrap();
    let [train_images, _, test_images, _] = FILE_NAMES;
    store_tiny_files(folder.path(), &[train_images]);
    fs::write(folder.path().join(format!("{train_images}.gz")), gzip(&tiny_files()[0])).unwrap();
    fs::write(folder.path().join(format!("{test_images}.gz")), "not read").unwrap();
    let files = MnistFiles::in_folder(folder.path()).unwrap();
    assert_eq!(files.load(Split::Train).unwrap().len(), 9);
    assert_eq!(files.load(Split::Test).unwrap().len(), 4);
}

#[test]
fn each_missing_file_is_named_with_both_names() {
    let folder = tempfile::tempdir().unwrap();
    store_tiny_files(folder.path(), &[FILE_NAMES[1], FILE_NAMES[2]]);
    let error = MnistFiles::in_folder(folder.path()).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::Missing { .. }), "{message}");
    for name in [FILE_NAMES[1], FILE_NAMES[2]] {
        assert!(message.contains(&format!("no {name} or {name}.gz")), "{message}");
    }
    assert!(!message.contains(FILE_NAMES[0]) && !message.contains(FILE_NAMES[3]), "{message}");
    assert!(message.contains(folder.path().to_str().unwrap()), "{message}");
}

/// Stores each of the tiny files where `path` says.
fn stored(path: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in FILE_NAMES.iter().zip(tiny_files()) {
        let file = folder.path().join(path(name));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    folder
}

#[test]
fn files_are_found_where_other_programs_put_them() {
    let dotted = |name: &str| name.replace("-idx", ".idx");
    for folder in [
        stored(|name| format!("MNIST/raw/{name}")),
        stored(|name| format!("raw/{name}.gz")),
        stored(dotted),
        stored(|name| format!("{}.gz", dotted(name))),
        stored(|name| format!("{name}/{name}")),
        stored(|name| format!("MNIST/raw/{0}/{0}", dotted(name))),
    ] {
        let files = MnistFiles::in_folder(folder.path()).unwrap();
        assert_eq!(files.load(Split::Train).unwrap().len(), 9);
        assert_eq!(files.load(Split::Test).unwrap().len(), 4);
    }
}

#[test]
fn where_files_were_looked_for_is_told() {
    let folder = stored(|name| format!("MNIST/raw/{name}"));
    fs::remove_file(folder.path().join("MNIST/raw").join(FILE_NAMES[3])).unwrap();
    let message = MnistFiles::in_folder(folder.path()).unwrap_err().to_string();
    let raw = folder.path().join("MNIST/raw");
    let expected = format!(
        "{}: no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz (looked also in raw, in MNIST/raw, with a dot in the \
         name (train-images.idx3-ubyte), for EMNIST, CSV files and folders of images); fetch them or name a folder that has \
         them",
        raw.display()
    );
    assert_eq!(message, expected);
}

#[test]
fn the_test_set_is_not_read_with_the_training_set() {
    let folder = tempfile::tempdir().unwrap();
    store_tiny_files(folder.path(), &[]);
    fs::write(folder.path().join(FILE_NAMES[2]), "not a file of images").unwrap();
    let files = MnistFiles::in_folder(folder.path()).unwrap();
    assert!(files.load(Split::Train).is_ok());
    assert!(matches!(files.load(Split::Test), Err(Error::Malformed { .. })));
}

#[test]
fn a_split_without_images_is_an_empty_set() {
    let folder = tempfile::tempdir().unwrap();
    store_tiny_files(folder.path(), &[]);
    fs::write(folder.path().join(FILE_NAMES[2]), encode(&[0, 28, 28], &[])).unwrap();
    fs::write(folder.path().join(FILE_NAMES[3]), encode(&[0], &[])).unwrap();
    let files = MnistFiles::in_folder(folder.path()).unwrap();
    assert_eq!(files.load(Split::Train).unwrap().len(), 9);
    assert!(files.load(Split::Test).unwrap().is_empty());
}

#[test]
fn mnist_itself_is_read() {
    let Some(folder) = mnist_folder() else { return };
    let files = MnistFiles::in_folder(&folder).unwrap();
    let (train, test) = (files.load(Split::Train).unwrap(), files.load(Split::Test).unwrap());
    assert_eq!((train.len(), train.height(), train.width()), (60_000, 28, 28));
    assert_eq!((test.len(), test.height(), test.width()), (10_000, 28, 28));
    // The numbers of each digit, as counted in the files of 1998.
    let count = |digit| train.labels().iter().filter(|&&label| label == digit).count();
    let counts: Vec<usize> = (0..10).map(count).collect();
    assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(test.labels()[..5], [7, 2, 1, 0, 4]);
}
