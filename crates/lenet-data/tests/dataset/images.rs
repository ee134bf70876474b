//! Folders of images.

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma, Rgb, RgbImage};
use lenet_data::SIDE;
use lenet_data::dataset::{Dataset, Part};

use crate::{load, refused};

/// Stores grey images of 32×32 pixels with the values `first`, `first` + 1, …
fn store(folder: &Path, count: u8, first: u8) {
    fs::create_dir_all(folder).unwrap();
    for number in 0..count {
        let image = GrayImage::from_pixel(32, 32, Luma([first + number]));
        image.save(folder.join(format!("{number}.png"))).unwrap();
    }
}

#[test]
fn a_folder_for_each_part_and_class() {
    let folder = tempfile::tempdir().unwrap();
    for (part, count) in [("train", 3), ("val", 2), ("test", 1)] {
        store(&folder.path().join(part).join("shoe"), count, 20);
        store(&folder.path().join(part).join("bag"), count, 10);
    }
    let [train, valid, test] = load(folder.path()).unwrap();
    assert_eq!((train.len(), valid.len(), test.len()), (6, 4, 2));
    assert_eq!(train.class_names(), ["bag", "shoe"]);
    assert!((0..6).all(|index| train.image(index)[500] / 10 == 1 + train.label(index)));
    assert!(!Dataset::find(folder.path()).unwrap().has_mnists_frame());
}

#[test]
fn without_a_test_a_fifth_of_each_class_is_held_out_always_the_same() {
    let [one, other] = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        store(&folder.path().join("a"), 10, 10);
        store(&folder.path().join("b"), 11, 30);
        store(&folder.path().join("c"), 2, 50);
        load(folder.path()).unwrap()
    });
    assert!(one == other);
    let [train, _, test] = one;
    let count = |label: u8| test.labels().iter().filter(|other| **other == label).count();
    assert_eq!((train.len(), [count(0), count(1), count(2)]), (17, [2, 3, 1]));
    let pixels = |set: &lenet_data::DigitSet| (0..set.len()).map(|i| set.image(i)[0]).collect::<Vec<_>>();
    assert!(pixels(&test).iter().all(|pixel| !pixels(&train).contains(pixel)));
    // The classes are mixed: a tail of the images is fit to validate on.
    assert!(train.labels()[..8].contains(&1) && train.labels()[8..].contains(&0));
}

#[test]
fn colours_become_grey_and_sizes_32x32() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("grey"), 2, 10);
    fs::create_dir(folder.path().join("red")).unwrap();
    for name in ["1.png", "2.bmp"] {
        let red = RgbImage::from_fn(100, 40, |_, _| Rgb([255, 0, 0]));
        red.save(folder.path().join("red").join(name)).unwrap();
    }
    let [train, ..] = load(folder.path()).unwrap();
    let red = (0..train.len()).find(|index| train.label(*index) == 1).unwrap();
    // 0.2126 × 255 = 54; 100×40 becomes 32×13, in the middle.
    assert_eq!((train.image(red)[15 * SIDE + 3], train.image(red)[8 * SIDE + 3]), (54, 0));
}

#[test]
fn other_files_and_hidden_ones_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        store(&folder.path().join(class), 2, 10);
        fs::write(folder.path().join(class).join("Thumbs.db"), "x").unwrap();
        fs::write(folder.path().join(class).join(".hidden.png"), "x").unwrap();
        fs::write(folder.path().join(class).join("one.webp"), "x").unwrap();
    }
    let [train, _, test] = load(folder.path()).unwrap();
    assert_eq!((train.len(), test.len()), (2, 2));
    let data = Dataset::find(folder.path()).unwrap();
    assert_eq!(data.passed_over(), ["a", "b"].map(|class| folder.path().join(class).join("one.webp")));
}

#[test]
fn the_files_of_a_part_are_in_the_order_of_its_images() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("a"), 5, 10);
    store(&folder.path().join("b"), 5, 20);
    let data = Dataset::find(folder.path()).unwrap();
    for part in [Part::Train, Part::Test] {
        let (digits, files) = (data.load(part).unwrap(), data.files(part).unwrap());
        assert_eq!(digits.len(), files.len());
        for (index, file) in files.iter().enumerate() {
            let pixel = image::open(file).unwrap().into_luma8().get_pixel(0, 0).0[0];
            assert_eq!(digits.image(index)[500], pixel, "{}", file.display());
        }
    }
}

#[test]
fn images_that_are_in_no_folder_of_a_class_are_named() {
    for place in ["", "x/y/z"] {
        let folder = tempfile::tempdir().unwrap();
        store(&folder.path().join(place), 2, 10);
        refused(
            folder.path(),
            &["expected a folder for each class, with its images: NAME/*.png, found the image", "0.png"],
        );
    }
}

#[test]
fn a_class_without_images_is_named() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("train/a"), 2, 10);
    fs::create_dir(folder.path().join("train/empty")).unwrap();
    refused(folder.path(), &["train/empty", "expected images of this class, found none"]);
}

#[test]
fn one_class_is_too_few() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("a"), 2, 10);
    refused(folder.path(), &["folders of 2 to 256 classes, found 1"]);
}

#[test]
fn a_class_of_the_test_that_was_not_trained_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["train/a", "train/b", "test/a", "test/c"] {
        store(&folder.path().join(class), 2, 10);
    }
    refused(folder.path(), &["test/c", "a class of the training images: a, b"]);
}

#[test]
fn a_file_that_is_no_image_is_named() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("a"), 2, 10);
    store(&folder.path().join("b"), 2, 10);
    fs::write(folder.path().join("b/broken.png"), "no image").unwrap();
    refused(folder.path(), &["b/broken.png", "expected a PNG, JPEG, BMP or PNM image"]);
}

/// Opening a FIFO waits for a writer.
#[cfg(unix)]
#[test]
fn a_fifo_is_refused_unopened() {
    let folder = tempfile::tempdir().unwrap();
    store(&folder.path().join("a"), 2, 10);
    store(&folder.path().join("b"), 2, 10);
    let fifo = folder.path().join("b/fifo.png");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused(folder.path(), &["b/fifo.png", "regular file", "FIFO"]);
}
