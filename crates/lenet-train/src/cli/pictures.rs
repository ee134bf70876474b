//! The pictures of `eval --out`, the confusion matrix and the worst mistakes, and the sheet of `data`.

use std::path::Path;

use anyhow::Context;
use image::{GrayImage, ImageFormat, Luma};
use lenet_data::SIDE;

use super::confusion::Confusion;
use super::font;

/// Characters of a class's name that are drawn.
const MOST_CHARACTERS: usize = 14;

/// An image that was classified as another class.
pub(super) struct Mistake<'a> {
    pub(super) label: u8,
    pub(super) read: u8,
    /// Square, row by row.
    pub(super) pixels: &'a [u8],
}

/// Draws the matrix: a row for each label, a column for each prediction, with the names or the numbers of the classes. A
/// darker cell is a larger share of its row.
pub(super) fn confusion(confusion: &Confusion, path: &Path) -> anyhow::Result<()> {
    const CELL: u32 = 40;
    let classes = confusion.counts.len();
    let names: Vec<String> = (0..classes).map(|class| drawn_name(confusion.names, class)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(1) as u32;
    // A digit is large; more characters are small, above the columns from the bottom to the top.
    let (scale, margin) = if longest == 1 { (4, CELL) } else { (2, CELL.max(8 * longest + 12)) };
    let corner = |place: u32| margin + place * CELL;
    let mut picture = GrayImage::from_pixel(corner(classes as u32), corner(classes as u32), Luma([255]));
    for (place, name) in (0..).zip(&names) {
        let middle = corner(place) + CELL / 2;
        let length = 4 * scale * name.chars().count() as u32 - scale;
        if longest == 1 {
            write(&mut picture, name, [middle - length / 2, 10], scale, 0);
        } else {
            write_upwards(&mut picture, name, [middle - 5, margin - 8], scale, 0);
        }
        write(&mut picture, name, [margin - 8 - length, middle - 5 * scale / 2], scale, 0);
    }
    for (row, counts) in (0..).zip(&confusion.counts) {
        let all: u32 = counts.iter().sum::<u32>().max(1);
        for (column, &count) in (0..).zip(counts) {
            // Mistakes are a few in a thousand: the square root makes them visible.
            let share = (f64::from(count) / f64::from(all)).sqrt();
            let shade = (255.0 * (1.0 - share)).round() as u8;
            fill(&mut picture, [corner(column) + 1, corner(row) + 1], CELL - 2, shade);
            if count > 0 {
                let count = count.to_string();
                let left = corner(column) + 20 - 4 * count.len() as u32;
                write(&mut picture, &count, [left, corner(row) + 15], 2, if shade < 128 { 255 } else { 0 });
            }
        }
    }
    save(&picture, path)
}

/// Draws a sheet of mistakes, ten in a row. Under each are its label and the predicted class: numbers with a dash between them, or
/// names below each other, the second one grey.
pub(super) fn contact_sheet(mistakes: &[Mistake], names: &[String], path: &Path) -> anyhow::Result<()> {
    const SCALE: u32 = 2;
    let side = mistakes.first().map_or(1, |mistake| mistake.pixels.len().isqrt() as u32);
    let (width, height) = (SCALE * side + 8, SCALE * side + if names.is_empty() { 24 } else { 30 });
    let rows = (mistakes.len() as u32).div_ceil(10).max(1);
    let mut picture = GrayImage::from_pixel(10 * width, rows * height, Luma([255]));
    for (number, Mistake { label, read, pixels }) in (0..).zip(mistakes) {
        let [left, top] = [number % 10 * width + 4, number / 10 * height + 4];
        draw(&mut picture, pixels, side as usize, [left, top], SCALE);
        let under = top + SCALE * side + 3;
        let [label, read] = [*label, *read].map(|class| drawn_name(names, class.into()));
        if names.is_empty() {
            // Numbers of several digits are smaller.
            let scale = if label.len() + read.len() == 2 { 3 } else { 2 };
            write(&mut picture, &format!("{label}-{read}"), [left + 6, under], scale, 0);
        } else {
            for (line, shade, name) in [(0, 0, label), (12, 110, read)] {
                // As much of a name as there is room for, and a gap.
                let name: String = name.chars().take((width / 8 - 1) as usize).collect();
                write(&mut picture, &name, [left, under + line], 2, shade);
            }
        }
    }
    save(&picture, path)
}

/// The name of a class as far as there is room for it, or its number if it has no name or the font lacks all letters of it.
fn drawn_name(names: &[String], class: usize) -> String {
    let name = names.get(class).map(|name| name.chars().take(MOST_CHARACTERS).collect::<String>());
    name.filter(|name| font::can_draw(name)).unwrap_or_else(|| class.to_string())
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
    for (number, section) in (1u32..).zip(sections) {
        write(&mut picture, &number.to_string(), [6, top], 4, 0);
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

/// Draws a line of text; a pixel of the font is a square of `scale`² pixels.
fn write(picture: &mut GrayImage, text: &str, [left, top]: [u32; 2], scale: u32, shade: u8) {
    for [column, row] in font::pixels(text) {
        fill(picture, [left + column * scale, top + row * scale], scale, shade);
    }
}

/// Draws a line of text as [`write`] does, from the bottom to the top.
fn write_upwards(picture: &mut GrayImage, text: &str, [left, bottom]: [u32; 2], scale: u32, shade: u8) {
    for [column, row] in font::pixels(text) {
        fill(picture, [left + row * scale, bottom - column * scale], scale, shade);
    }
}

/// Fills a square, as far as it is in the picture: text may be wider than small images.
fn fill(picture: &mut GrayImage, [left, top]: [u32; 2], side: u32, shade: u8) {
    for y in top..(top + side).min(picture.height()) {
        for x in left..(left + side).min(picture.width()) {
            picture.put_pixel(x, y, Luma([shade]));
        }
    }
}

fn save(picture: &GrayImage, path: &Path) -> anyhow::Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, ImageFormat::Png)
        .with_context(|| format!("cannot make {}", path.display()))?;
    Ok(lenet_files::write(path, png.get_ref())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_widen_the_picture_of_the_matrix() {
        let folder = tempfile::tempdir().unwrap();
        let width = |names: &[String]| {
            let file = folder.path().join("confusion.png");
            confusion(&Confusion::of(2, names, [(0, 0), (1, 0)]), &file).unwrap();
            image::open(file).unwrap().width()
        };
        let names = ["bag", "trouser"].map(str::to_owned);
        assert_eq!((width(&[]), width(&names)), (120, 148));
        assert_eq!(width(&["鞄", "パンツ"].map(str::to_owned)), 120, "the font has no such letters");
    }

    #[test]
    fn names_that_are_wider_than_an_image_are_cut() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mistakes.png");
        let names = ["bag", "trouser"].map(str::to_owned);
        let mistake = || Mistake { label: 0, read: 1, pixels: &[255] };
        contact_sheet(&[mistake(), mistake()], &names, &file).unwrap();
        contact_sheet(&[mistake(), mistake()], &[], &file).unwrap();
        assert_eq!(image::open(file).unwrap().width(), 100);
    }
}
