//! The IDX reader: what is written is read, and nothing else is.

use lenet_data::idx::LARGEST_FILE;
use lenet_data::{DigitSet, Error};
use proptest::prelude::*;

use crate::fixture::{encode, gzip, read};

/// A valid pair of files, and the set they hold.
fn files() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, DigitSet)> {
    (0..6_usize, 1..7_usize, 1..7_usize).prop_flat_map(|(n, height, width)| {
        let pixels = proptest::collection::vec(any::<u8>(), n * height * width);
        let labels = proptest::collection::vec(0..10_u8, n);
        (pixels, labels).prop_map(move |(pixels, labels)| {
            let images_file = encode(&[n as u32, height as u32, width as u32], &pixels);
            let labels_file = encode(&[n as u32], &labels);
            (images_file, labels_file, DigitSet::new(pixels, labels, height, width).unwrap())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read((images, labels, set) in files()) {
        prop_assert_eq!(&read(&images, &labels).unwrap(), &set);
        prop_assert_eq!(&read(&gzip(&images), &gzip(&labels)).unwrap(), &set);
    }

    #[test]
    fn no_beginning_of_a_file_is_a_file((images, labels, _) in files(), cut in any::<prop::sample::Index>()) {
        for (images_file, labels_file) in [(images.clone(), labels.clone()), (gzip(&images), gzip(&labels))] {
            let begin = &images_file[..cut.index(images_file.len())];
            malformed(read(begin, &labels_file), "images");
            let begin = &labels_file[..cut.index(labels_file.len())];
            malformed(read(&images_file, begin), "labels");
        }
    }

    #[test]
    fn any_bytes_after_the_end_are_an_error(
        (images, labels, _) in files(),
        tail in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let longer = [&images[..], &tail].concat();
        malformed(read(&longer, &labels), "images");
        malformed(read(&gzip(&longer), &labels), "images");
        prop_assume!(tail.iter().any(|byte| *byte != 0)); // Zeros after gzip are padding.
        malformed(read(&[&gzip(&images)[..], &tail].concat(), &labels), "images");
    }

    #[test]
    fn zeros_after_gzip_are_padding((images, labels, set) in files(), zeros in 1..100_000_usize) {
        let padded = |file: &[u8]| [&gzip(file)[..], &vec![0; zeros]].concat();
        prop_assert_eq!(&read(&padded(&images), &padded(&labels)).unwrap(), &set);
    }

    #[test]
    fn a_gzip_file_may_have_several_streams((images, labels, set) in files(), cut in any::<prop::sample::Index>()) {
        let (begin, end) = images.split_at(cut.index(images.len()));
        let streams = [gzip(begin), gzip(end)].concat();
        prop_assert_eq!(&read(&streams, &labels).unwrap(), &set);
        let padded_between = [&gzip(begin)[..], &[0; 8], &gzip(end)].concat();
        malformed(read(&padded_between, &labels), "images");
    }

    #[test]
    fn a_flipped_bit_in_a_gzip_file_changes_no_pixel(
        (images, labels, set) in files(),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut images = gzip(&images);
        let index = place.index(images.len());
        images[index] ^= 1_u8 << bit;
        if let Ok(read) = read(&images, &labels) {
            prop_assert_eq!(read, set);
        }
    }

    #[test]
    fn random_bytes_are_an_error_not_a_panic(
        magic in prop::sample::select(vec![&[][..], &[0, 0, 8, 3], &[0x1f, 0x8b], &[0x1f, 0x8b, 8, 0]]),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(read(&[magic, &bytes].concat(), &encode(&[0], &[])).is_err());
    }
}

#[test]
fn every_cut_of_one_file_is_an_error() {
    let (images, labels) = (encode(&[2, 2, 3], &[7; 12]), encode(&[2], &[1, 2]));
    for whole in [images.clone(), gzip(&images)] {
        for cut in 0..whole.len() {
            malformed(read(&whole[..cut], &labels), "images");
        }
    }
}

#[test]
fn a_header_cannot_claim_more_than_the_file_holds() {
    let images = encode(&[4_000_000_000, 28, 28], &[0; 100]);
    let message = malformed(read(&images, &encode(&[1], &[0])), "images");
    assert!(message.contains("3136000000000 bytes") && message.contains("116 at most"), "{message}");
    malformed(read(&gzip(&images), &encode(&[1], &[0])), "images");
}

#[test]
fn dimensions_that_overflow_are_an_error() {
    for sizes in [[u32::MAX; 3], [1 << 31, 1 << 31, 4]] {
        malformed(read(&encode(&sizes, &[]), &encode(&[0], &[])), "images");
    }
}

#[test]
fn a_gzip_file_that_inflates_beyond_its_header_is_an_error() {
    let bomb = gzip(&encode(&[1, 2, 2], &vec![0; 16 << 20]));
    let message = malformed(read(&bomb, &encode(&[1], &[0])), "images");
    assert!(message.ends_with("found more"), "{message}");
}

/// As many zeros as gzip can hold in a small file, with a header that is right about them.
#[test]
fn a_gzip_file_is_refused_by_its_header_before_it_is_decompressed() {
    let bomb = gzip(&encode(&[1 << 16, 28, 28], &vec![0; (1 << 16) * 28 * 28]));
    assert!(bomb.len() < 100_000);
    let message = malformed(read(&bomb, &encode(&[1], &[0])), "labels");
    assert!(message.contains("expected 65536 labels"), "{message}");
    // 10 MB, which may hold 10 GB.
    let bomb = [gzip(&encode(&[13_000_000, 28, 28], &[])), vec![0; 10_000_000]].concat();
    let message = malformed(read(&bomb, &encode(&[13_000_000], &[])), "images");
    assert!(message.contains("10192000000 bytes") && message.contains("1073741840 at most"), "{message}");
}

#[test]
fn images_larger_than_the_network_s_are_refused_by_their_header() {
    for (height, width) in [(33, 1), (1, 33), (1 << 16, 1 << 16)] {
        let message = malformed(read(&encode(&[1, height, width], &[]), &encode(&[1], &[0])), "images");
        assert!(message.contains("expected images of at most 32x32 pixels"), "{message}");
    }
}

#[test]
fn a_file_without_images_is_an_empty_set() {
    let set = read(&encode(&[0, 28, 28], &[]), &encode(&[0], &[])).unwrap();
    assert_eq!((set.len(), set.height(), set.width()), (0, 28, 28));
}

#[test]
fn a_file_far_too_large_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images");
    std::fs::File::create(&path).unwrap().set_len(LARGEST_FILE + 1).unwrap();
    let message = malformed(lenet_data::idx::read(&path, &path), "images");
    assert!(message.ends_with("expected at most 1073741840 bytes, found 1073741841 bytes"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_fifo_is_refused_unopened() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("images");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let error = lenet_data::idx::read(&fifo, &fifo).unwrap_err().to_string();
    assert_eq!(error, format!("{}: expected a regular file, found a FIFO", fifo.display()));
}

#[test]
fn labels_in_the_place_of_images_are_told_by_their_magic() {
    let labels = encode(&[1], &[0]);
    let message = malformed(read(&labels, &labels), "images");
    assert!(message.contains("expected the IDX magic 0x00000803, found 0x00000801"), "{message}");
}

#[test]
fn a_label_above_nine_is_named() {
    let message = malformed(read(&encode(&[2, 1, 1], &[0, 0]), &encode(&[2], &[9, 10])), "labels");
    assert!(message.contains("found 10 at index 1"), "{message}");
}

#[test]
fn as_many_labels_as_images_are_demanded() {
    let message = malformed(read(&encode(&[2, 1, 1], &[0, 0]), &encode(&[1], &[3])), "labels");
    assert!(message.contains("expected 2 labels") && message.ends_with("found 1"), "{message}");
}

#[test]
fn images_without_pixels_are_an_error() {
    malformed(read(&encode(&[3, 0, 28], &[]), &encode(&[3], &[1, 2, 3])), "images");
}

/// The message of the error, which must be that `file` is malformed.
fn malformed(outcome: Result<DigitSet, Error>, file: &str) -> String {
    match outcome {
        Err(error @ Error::Malformed { .. }) => {
            let message = error.to_string();
            assert!(message.contains(file), "{message} does not name {file}");
            message
        }
        other => panic!("expected a malformed file, found {other:?}"),
    }
}
