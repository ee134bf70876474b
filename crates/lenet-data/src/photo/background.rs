//! Estimates the brightness of the paper at each pixel by a morphological closing: the maximum in a square
//! window around each pixel, followed by the minimum in the same window (J. Serra, "Image Analysis and
//! Mathematical Morphology", 1982).
//!
//! The closing removes dark strokes that are narrower than the window, and keeps dark regions that are wider,
//! such as shadows with sharp edges, desks and broad strips. The difference of closing and picture is the
//! black top-hat transform. The extremes of a window take three comparisons per pixel (M. van Herk, "A fast
//! algorithm for local minimum and maximum filters on rectangular and octagonal kernels", 1992).

use image::GrayImage;

/// The closing of `picture` with a window of `2 × radius + 1` rows and columns, row-major. The window ends at
/// the border.
pub(super) fn closing(picture: &GrayImage, radius: usize) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut across = picture.as_raw().clone();
    filter(&mut across, width, radius, 0, u8::max);
    let mut down = transposed(&across, width);
    filter(&mut down, height, radius, 0, u8::max);
    filter(&mut down, height, radius, 255, u8::min);
    let mut across = transposed(&down, height);
    filter(&mut across, width, radius, 255, u8::min);
    across
}

/// The maximum in the window of `2 × radius + 1` rows and columns around each pixel.
pub(super) fn widened(values: &[u8], width: usize, radius: usize) -> Vec<u8> {
    let mut across = values.to_vec();
    filter(&mut across, width, radius, 0, u8::max);
    let mut down = transposed(&across, width);
    let height = values.len() / width;
    filter(&mut down, height, radius, 0, u8::max);
    transposed(&down, height)
}

/// The closing of each line of `width` values with a window of `2 × radius + 1` values.
pub(super) fn close_lines(values: &mut [u8], width: usize, radius: usize) {
    filter(values, width, radius, 0, u8::max);
    filter(values, width, radius, 255, u8::min);
}

/// Rows become columns.
pub(super) fn transposed(values: &[u8], width: usize) -> Vec<u8> {
    let height = values.len() / width;
    let mut columns = vec![0; values.len()];
    for (y, row) in values.chunks_exact(width).enumerate() {
        for (x, value) in row.iter().enumerate() {
            columns[x * height + y] = *value;
        }
    }
    columns
}

/// Replaces each value by the extreme of its window in its line: `pick` selects the more extreme of two
/// values, `none` is the value that is never selected.
fn filter(values: &mut [u8], width: usize, radius: usize, none: u8, pick: impl Fn(u8, u8) -> u8) {
    let window = 2 * radius + 1;
    // A line with `radius` values of `none` at both ends, in whole windows.
    let padded = (width + 2 * radius).next_multiple_of(window);
    let mut forward = vec![none; padded];
    let mut backward = vec![none; padded];
    for line in values.chunks_exact_mut(width) {
        forward[radius..radius + width].copy_from_slice(line);
        forward[radius + width..].fill(none);
        forward[..radius].fill(none);
        backward.copy_from_slice(&forward);
        // Extremes from the start of each block of `window` values on, and up to its end.
        for block in forward.chunks_exact_mut(window) {
            (1..window).for_each(|place| block[place] = pick(block[place - 1], block[place]));
        }
        for block in backward.chunks_exact_mut(window) {
            (1..window).rev().for_each(|place| block[place - 1] = pick(block[place - 1], block[place]));
        }
        for (place, value) in line.iter_mut().enumerate() {
            *value = pick(backward[place], forward[place + window - 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn the_filter_gives_the_extremes_of_all_windows() {
        let line: Vec<u8> = (0..23_u32).map(|place| (place * 97 % 251) as u8).collect();
        for radius in 0..30 {
            let mut found = line.clone();
            filter(&mut found, line.len(), radius, 0, u8::max);
            for (place, found) in found.iter().enumerate() {
                let window = &line[place.saturating_sub(radius)..(place + radius + 1).min(line.len())];
                assert_eq!(Some(found), window.iter().max(), "radius {radius}, place {place}");
            }
        }
    }

    #[test]
    fn the_closing_removes_a_stroke_and_keeps_a_shadow() {
        let shade = |x, y| match (x, y) {
            (..40, _) => 150,
            (60..64, 10..30) => 0,
            _ => 250,
        };
        let picture = GrayImage::from_fn(100, 50, |x, y| Luma([shade(x, y)]));
        let paper = GrayImage::from_fn(100, 50, |x, _| Luma([if x < 40 { 150 } else { 250 }]));
        assert_eq!(closing(&picture, 5), paper.into_raw());
    }
}
