//! The pictures of `eval --out`, the confusion matrix and the worst mistakes, and the sheet of `data`.

use std::path::Path;

use anyhow::Context;
use image::{GrayImage, ImageFormat, Luma};
use lenet_data::SIDE;

use super::confusion::Confusion;

/// The digits 0 to 9 in 3×5 pixels; a row is three bits.
const FONT: [[u8; 5]; 10] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 1, 1, 1],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
];

/// An image that was classified as another class.
pub(super) struct Mistake<'a> {
    pub(super) label: u8,
    pub(super) read: u8,
    /// Square, row by row.
    pub(super) pixels: &'a [u8],
}

/// Draws the matrix: a row for each label, a column for each prediction, with the numbers of the classes. A
/// darker cell is a larger share of its row.
pub(super) fn confusion(confusion: &Confusion, path: &Path) -> anyhow::Result<()> {
    const CELL: u32 = 40;
    let classes = confusion.counts.len() as u32;
    let mut picture = GrayImage::from_pixel((classes + 1) * CELL, (classes + 1) * CELL, Luma([255]));
    for class in 0..classes {
        let (digits, at) = (digits(class), (class + 1) * CELL + 14);
        // Numbers of several digits are smaller.
        let scale = if digits.len() == 1 { 4 } else { 2 };
        write(&mut picture, &digits, [at, 10], scale, 0);
        write(&mut picture, &digits, [14, at - 4], scale, 0);
    }
    for (row, counts) in (1..).zip(&confusion.counts) {
        let all: u32 = counts.iter().sum::<u32>().max(1);
        for (column, &count) in (1..).zip(counts) {
            // Mistakes are a few in a thousand: the square root makes them visible.
            let share = (f64::from(count) / f64::from(all)).sqrt();
            let shade = (255.0 * (1.0 - share)).round() as u8;
            fill(&mut picture, [column * CELL + 1, row * CELL + 1], CELL - 2, shade);
            if count > 0 {
                let digits = digits(count);
                let left = column * CELL + 20 - 4 * digits.len() as u32;
                write(&mut picture, &digits, [left, row * CELL + 15], 2, if shade < 128 { 255 } else { 0 });
            }
        }
    }
    save(&picture, path)
}

/// Draws a sheet of mistakes, ten in a row. Under each are its label and, after a dash, the predicted class.
pub(super) fn contact_sheet(mistakes: &[Mistake], path: &Path) -> anyhow::Result<()> {
    const SCALE: u32 = 2;
    let side = mistakes.first().map_or(1, |mistake| mistake.pixels.len().isqrt() as u32);
    let (width, height) = (SCALE * side + 8, SCALE * side + 24);
    let rows = (mistakes.len() as u32).div_ceil(10).max(1);
    let mut picture = GrayImage::from_pixel(10 * width, rows * height, Luma([255]));
    for (number, Mistake { label, read, pixels }) in (0..).zip(mistakes) {
        let [left, top] = [number % 10 * width + 4, number / 10 * height + 4];
        draw(&mut picture, pixels, side as usize, [left, top], SCALE);
        let under = top + SCALE * side + 3;
        let numbers = [*label, *read].map(|class| digits(class.into()));
        // Numbers of several digits are smaller.
        let scale = if numbers.iter().all(|number| number.len() == 1) { 3 } else { 2 };
        let before = left + 14 - if scale == 3 { 0 } else { 12 };
        write(&mut picture, &numbers[0], [before, under], scale, 0);
        (0..7).for_each(|step| fill(&mut picture, [left + 28 + step, under + 7], 1, 0));
        write(&mut picture, &numbers[1], [left + 40, under], scale, 0);
    }
    save(&picture, path)
}

/// The decimal digits of a number.
fn digits(number: u32) -> Vec<u8> {
    number.to_string().bytes().map(|digit| digit - b'0').collect()
}

/// One part of a sheet: images of one size, row by row, with dark ink as large numbers.
pub(super) struct Section {
    pub(super) images: Vec<Vec<u8>>,
    /// Number of columns of an image.
    pub(super) width: usize,
}

/// Draws the sections below each other, sixteen images in a row, each with its number at the left. Between the
/// images the sheet is grey, so that their edges show.
pub(super) fn sheet(sections: &[Section], path: &Path) -> anyhow::Result<()> {
    const SCALE: u32 = 2;
    const COLUMNS: u32 = 16;
    const LEFT: u32 = 24;
    const GAP: u32 = 16;
    let cell = SCALE * SIDE as u32 + 4;
    let rows = |section: &Section| (section.images.len() as u32).div_ceil(COLUMNS);
    let height = GAP + sections.iter().map(|section| rows(section) * cell + GAP).sum::<u32>();
    let mut picture = GrayImage::from_pixel(LEFT + COLUMNS * cell, height, Luma([200]));
    let mut top = GAP;
    for (number, section) in (1..).zip(sections) {
        write(&mut picture, &[number], [6, top], 4, 0);
        for (place, image) in (0..).zip(&section.images) {
            let corner = [LEFT + place % COLUMNS * cell, top + place / COLUMNS * cell];
            draw(&mut picture, image, section.width, corner, SCALE);
        }
        top += rows(section) * cell + GAP;
    }
    save(&picture, path)
}

/// Draws an image with rows of `width` pixels, dark where its numbers are large; a pixel is a square of `scale`²
/// pixels.
fn draw(picture: &mut GrayImage, image: &[u8], width: usize, [left, top]: [u32; 2], scale: u32) {
    let width = width as u32;
    for (place, pixel) in (0..).zip(image) {
        fill(picture, [left + place % width * scale, top + place / width * scale], scale, 255 - pixel);
    }
}

/// Draws `digits` side by side; a pixel of the font is a square of `scale`² pixels.
fn write(picture: &mut GrayImage, digits: &[u8], [left, top]: [u32; 2], scale: u32, shade: u8) {
    for (place, digit) in (0..).zip(digits) {
        for (row, bits) in (0..).zip(FONT[usize::from(*digit)]) {
            for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                fill(picture, [left + (place * 4 + column) * scale, top + row * scale], scale, shade);
            }
        }
    }
}

/// Fills a square.
fn fill(picture: &mut GrayImage, [left, top]: [u32; 2], side: u32, shade: u8) {
    let pixels = (top..top + side).flat_map(|y| (left..left + side).map(move |x| (x, y)));
    pixels.for_each(|(x, y)| picture.put_pixel(x, y, Luma([shade])));
}

fn save(picture: &GrayImage, path: &Path) -> anyhow::Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, ImageFormat::Png)
        .with_context(|| format!("cannot make {}", path.display()))?;
    Ok(lenet_files::write(path, png.get_ref())?)
}
