//! `data`: the sheet of training images.

use std::fs;

use crate::scratch::Scratch;

#[test]
fn a_sheet_has_four_parts_and_says_what_they_are() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["data", "--data=digits", "--sample=20", "--elastic=1", "--out=sheet.png"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let expected = "\
sheet.png: 20 training images of the folder digits
  1  as they are stored, 32x32
  2  padded to 32x32 and normalised, as the network reads them
  3  augmented, as in the first epoch with --elastic 1
  4  synthetic digits (--data synthetic)
";
    assert_eq!(ended.stdout, expected);
    let sheet = image::open(scratch.path("sheet.png")).unwrap().into_luma8();
    // Two rows in each part: cells of 68 pixels, with 16 above each part and below the last.
    assert_eq!(sheet.dimensions(), (24 + 16 * 68, 4 * (2 * 68 + 16) + 16));
    let part = |number: u32| {
        let rows = number * (2 * 68 + 16) + 16..(number + 1) * (2 * 68 + 16);
        rows.flat_map(|y| (24..sheet.width()).map(move |x| (x, y)))
            .map(|(x, y)| sheet[(x, y)].0)
            .collect::<Vec<_>>()
    };
    // These digits are 32×32 already; the changes show.
    assert_eq!(part(0), part(1));
    assert_ne!(part(1), part(2));
}

#[test]
fn a_picture_has_a_name_of_its_format() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["data", "--data=digits", "--out=sheet.jpg"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("expected a name that ends in .png"), "{}", ended.stderr);
    assert!(!scratch.path("sheet.jpg").exists());
}

#[test]
fn without_flags_the_changes_are_those_that_suit_mnist() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["data", "--data=digits", "--out=sheet.png"]);
    assert!(ended.stdout.contains("--rotate 10.5 --shear 0.105"), "{}", ended.stdout);
}

#[test]
fn too_many_images_or_no_file_are_refused() {
    let scratch = Scratch::with_digits();
    let ended = scratch.run(&["data", "--data=digits", "--sample=1001", "--out=sheet.png"]);
    let expected = "error: --sample 1001: expected at most 1000 images\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), expected));
    assert_eq!(scratch.run(&["data", "--data=digits"]).code, Some(2));
    assert!(fs::metadata(scratch.path("sheet.png")).is_err());
}
