//! A row of digits in one image.

use std::path::Path;

use image::{GrayImage, ImageFormat, Luma, imageops};
use lenet_data::photo::{self, Located};
use lenet_data::{Error, SIDE};

use crate::{Page, encoded, read};

/// Columns and rows of the page of one digit.
const CELL: [u32; 2] = [110, 130];

/// A row of synthetic digits, one in each cell.
fn row(indices: &[u64]) -> GrayImage {
    let mut image = GrayImage::from_pixel(CELL[0] * indices.len() as u32, CELL[1], Luma([255]));
    for (&index, left) in indices.iter().zip((0..).step_by(CELL[0] as usize)) {
        imageops::replace(&mut image, &cell(index), left, 0);
    }
    image
}

fn cell(index: u64) -> GrayImage {
    Page { digit: 100, size: CELL, at: [5, 15], ..Page::of(index) }.image()
}

fn several(image: GrayImage) -> Result<Vec<Located>, Error> {
    photo::decode_several(Path::new("row.png"), &encoded(&image.into(), ImageFormat::Png))
}

#[track_caller]
fn refused(image: GrayImage, why: &str) {
    let message = several(image).unwrap_err().to_string();
    assert!(message.ends_with(why) && message.lines().count() == 1, "{message}");
}

/// Nearly: the paper and full ink are estimated from all digits together.
#[test]
fn each_digit_of_a_row_is_read_as_one_alone() {
    let indices = [0, 3, 11, 12, 21, 34];
    let found = several(row(&indices)).unwrap();
    assert_eq!(found.len(), indices.len());
    for ((found, index), cell_left) in found.iter().zip(indices).zip((0..).step_by(CELL[0] as usize)) {
        assert!(cell_left <= found.left && found.left + found.width <= cell_left + CELL[0], "{found:?}");
        assert!(found.top >= 10 && found.top + found.height <= CELL[1], "{found:?}");
        let alone = read(cell(index)).unwrap();
        let difference: u32 =
            found.pixels.iter().zip(alone).map(|(one, other)| u32::from(one.abs_diff(other))).sum();
        assert!(difference < 8 * (SIDE * SIDE) as u32, "digit {index}: {difference}");
    }
}

/// The image is scaled down before the digits are searched for.
#[test]
fn places_are_in_pixels_of_the_image() {
    let small = row(&[3, 11]);
    let large =
        imageops::resize(&small, 9 * small.width(), 9 * small.height(), imageops::FilterType::Triangle);
    let [small, large] = [small, large].map(|image| several(image).unwrap());
    assert_eq!(small.len(), large.len());
    for (small, large) in small.iter().zip(&large) {
        for (small, large) in [(small.left, large.left), (small.top, large.top), (small.height, large.height)]
        {
            assert!((9 * small).abs_diff(large) <= 18, "{small}, {large}");
        }
    }
}

#[test]
fn a_row_may_have_one_digit_or_thirty() {
    assert_eq!(several(cell(3)).unwrap().len(), 1);
    let thirty: Vec<u64> = (0..30).map(|number| [3, 11, 12][number % 3]).collect();
    assert_eq!(several(row(&thirty)).unwrap().len(), 30);
}

#[test]
fn a_point_between_digits_is_no_digit() {
    let mut image = row(&[3, 11]);
    for (x, y, Luma([pixel])) in image.enumerate_pixels_mut() {
        if (106..114).contains(&x) && (95..103).contains(&y) {
            *pixel = 0;
        }
    }
    assert_eq!(several(image).unwrap().len(), 2);
}

#[test]
fn what_is_no_row_of_digits_is_refused() {
    refused(GrayImage::from_pixel(200, 100, Luma([200])), "nothing that stands out");
    let [upper, lower] = [row(&[3, 11]), row(&[12, 21])];
    let mut rows = GrayImage::from_pixel(upper.width(), 2 * CELL[1], Luma([255]));
    imageops::replace(&mut rows, &upper, 0, 0);
    imageops::replace(&mut rows, &lower, 0, CELL[1].into());
    refused(rows, "several rows of shapes; crop the image to one row");
    let line = GrayImage::from_fn(300, 100, |_, y| Luma([if (49..52).contains(&y) { 0 } else { 255 }]));
    assert!(several(line).is_err());
}

/// Rows that are closer than the pieces of a broken digit may be, below each other and shifted.
#[test]
fn two_rows_close_to_each_other_are_refused() {
    for shift in [0, 45] {
        let mut image = GrayImage::from_pixel(400, 300, Luma([255]));
        for (number, digits) in (0..).zip([[3, 11, 12], [12, 21, 3]]) {
            // The digits have 100 rows, from 15 on.
            let row = imageops::crop_imm(&row(&digits), 0, 14, 3 * CELL[0], 102).to_image();
            imageops::replace(&mut image, &row, 10 + number * shift, 20 + number * 110);
        }
        refused(image, "several rows of shapes; crop the image to one row");
    }
}
