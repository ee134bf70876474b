//! Scales an image as a whole to 32×32.

use image::{GrayImage, Luma};

use super::ink::median;
use crate::SIDE;

/// The image, scaled down to fit 32×32 by [`averaged`], in the middle of a background of 0.
pub(super) fn framed(grey: &GrayImage) -> [u8; SIDE * SIDE] {
    let is_light = median(border(grey)) > 127.0;
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let longer = width.max(height).max(SIDE);
    // Rounded to whole pixels, at least one.
    let [columns, rows] = [width, height].map(|side| ((side * SIDE + longer / 2) / longer).max(1));
    let [left, top] = [(SIDE - columns) / 2, (SIDE - rows) / 2];
    let mut framed = [0; SIDE * SIDE];
    for row in 0..rows {
        for column in 0..columns {
            let pixel = averaged(grey, [column, row], [columns, rows]);
            framed[(top + row) * SIDE + left + column] = if is_light { 255 - pixel } else { pixel };
        }
    }
    framed
}

/// The mean of the area of `grey` that one of `columns` × `rows` equal cells covers, rounded. Pixels that are
/// covered in part count in part: lengths are in units in which a pixel is as wide as the number of cells.
fn averaged(grey: &GrayImage, [column, row]: [usize; 2], [columns, rows]: [usize; 2]) -> u8 {
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let covered = |cell: usize, cells: usize, length: usize| {
        let (begin, end) = (cell * length, (cell + 1) * length);
        (begin / cells..end.div_ceil(cells))
            .map(move |pixel| (pixel, end.min((pixel + 1) * cells) - begin.max(pixel * cells)))
    };
    let mut sum = 0;
    for (y, share_of_row) in covered(row, rows, height) {
        for (x, share) in covered(column, columns, width) {
            let Luma([pixel]) = grey.get_pixel(x as u32, y as u32);
            sum += (share * share_of_row) as u64 * u64::from(*pixel);
        }
    }
    let area = (width * height) as u64;
    ((sum + area / 2) / area) as u8
}

/// The pixels of the outermost rows and columns.
fn border(grey: &GrayImage) -> Vec<f32> {
    let (right, bottom) = (grey.width() - 1, grey.height() - 1);
    let is_border = |x: u32, y: u32| x == 0 || y == 0 || x == right || y == bottom;
    let pixels = grey.enumerate_pixels().filter(|(x, y, _)| is_border(*x, *y));
    pixels.map(|(.., pixel)| f32::from(pixel.0[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_image_is_centred_and_not_scaled() {
        let framed = framed(&GrayImage::from_fn(28, 28, |x, y| Luma([(x + y) as u8])));
        assert_eq!((framed[2 * SIDE + 2], framed[29 * SIDE + 29], framed[SIDE + 1]), (0, 54, 0));
        assert_eq!(framed[10 * SIDE + 20], 26);
    }

    #[test]
    fn a_large_image_is_averaged_over_areas() {
        // Of two columns, one is 200; 48 columns are 1.5 for each pixel.
        let halves = |width| GrayImage::from_fn(width, 64, |x, _| Luma([if x % 2 == 1 { 200 } else { 0 }]));
        assert!(framed(&halves(64)).iter().all(|pixel| *pixel == 100));
        let thirds = framed(&GrayImage::from_fn(48, 48, |x, _| Luma([if x % 3 == 1 { 90 } else { 0 }])));
        assert!(thirds.iter().all(|pixel| *pixel == 30), "{thirds:?}");
    }

    #[test]
    fn proportions_are_preserved() {
        let wide = framed(&GrayImage::from_pixel(320, 160, Luma([100])));
        let rows: Vec<bool> = wide.chunks(SIDE).map(|row| row.iter().all(|pixel| *pixel == 100)).collect();
        assert_eq!(rows.iter().filter(|row| **row).count(), 16);
        assert!(rows[8] && rows[23] && !rows[7] && !rows[24]);
    }

    #[test]
    fn dark_on_light_becomes_light_on_dark() {
        let dark = |ink: u8, paper: u8| {
            let is_ink = |x, y| (8..12).contains(&x) && (4..20).contains(&y);
            framed(&GrayImage::from_fn(24, 24, |x, y| Luma([if is_ink(x, y) { ink } else { paper }])))
        };
        assert_eq!(dark(0, 255), dark(255, 0));
    }

    #[test]
    fn a_line_of_one_pixel_remains() {
        assert!(framed(&GrayImage::from_pixel(1024, 1, Luma([90]))).contains(&90));
    }
}
