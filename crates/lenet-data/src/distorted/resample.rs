//! Moves the pixels of an image as a grid of control points says.
//!
//! The loops run over rows of fixed length without branches, so that the compiler vectorises all of them but
//! the one that reads pixels at computed places.

use super::grid::{Grid, POINTS, SPACING};
use super::{PIXELS, SIDE};

/// A row of pixels.
type Row<T> = [T; SIDE];

/// Positions are rounded to a multiple of 1 / 256 pixel.
const FRACTION: u32 = 256;
/// Numbers from `GRAIN` to 2 · `GRAIN` are multiples of 1 / 256 in `f32`, so adding it rounds, and the low bits
/// of the sum are the position in 1 / 256 pixel.
const GRAIN: f32 = 32768.0;
/// Those bits: the place of the pixel above the fraction, for positions below `SIDE`.
const PLACE: u32 = (SIDE as u32 - 1) * FRACTION;

/// Replaces each pixel of `image` by the one at its position in `grid`, bilinearly interpolated. A position
/// outside the image counts as the nearest one inside.
pub(super) fn resample(image: &mut [f32], grid: &Grid) {
    // Beyond the last row and column there are pixels that are read with a weight of 0.
    let mut source = [0.0; PIXELS + SIDE + 2];
    source[..PIXELS].copy_from_slice(image);
    let (x, y) = (along_rows(grid, 0), along_rows(grid, 1));
    for (row, target) in image.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
        interpolate(&source, &positions(&x, row), &positions(&y, row), target);
    }
}

/// For each row of control points, one coordinate of the spline through them at every column of the image.
#[inline]
fn along_rows(grid: &Grid, axis: usize) -> [Row<f32>; POINTS] {
    let [wa, wb, wc, wd] = &WEIGHTS;
    let mut rows = [[0.0; SIDE]; POINTS];
    for (row, points) in rows.iter_mut().zip(grid) {
        let cells = row.as_chunks_mut::<SPACING>().0.iter_mut();
        for (cell, points) in cells.zip(points.windows(4)) {
            let [a, b, c, d] = [points[0][axis], points[1][axis], points[2][axis], points[3][axis]];
            for (i, value) in cell.iter_mut().enumerate() {
                *value = wa[i] * a + wb[i] * b + wc[i] * c + wd[i] * d;
            }
        }
    }
    rows
}

/// One coordinate of the source of each pixel in `row`, in 1 / 256 pixel in the bits of [`PLACE`] and below.
#[inline]
fn positions(columns: &[Row<f32>; POINTS], row: usize) -> Row<u32> {
    let first = row / SPACING;
    let [a, b, c, d] = [&columns[first], &columns[first + 1], &columns[first + 2], &columns[first + 3]];
    let step = row % SPACING;
    let [wa, wb, wc, wd] = [WEIGHTS[0][step], WEIGHTS[1][step], WEIGHTS[2][step], WEIGHTS[3][step]];
    let mut positions = [0; SIDE];
    for (i, position) in positions.iter_mut().enumerate() {
        let value = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
        // Unlike `clamp`, these two comparisons are one instruction each.
        let value = if value > 0.0 { value } else { 0.0 };
        let value = if value < SIDE as f32 - 1.0 { value } else { SIDE as f32 - 1.0 };
        *position = (value + GRAIN).to_bits();
    }
    positions
}

/// Interpolates between the four pixels around each position.
#[inline]
fn interpolate(source: &[f32; PIXELS + SIDE + 2], x: &Row<u32>, y: &Row<u32>, target: &mut Row<f32>) {
    let mut places = [0; SIDE];
    for (i, place) in places.iter_mut().enumerate() {
        *place = (y[i] & PLACE) / FRACTION * SIDE as u32 + (x[i] & PLACE) / FRACTION;
    }
    let (mut upper, mut lower) = ([[0.0; 2]; SIDE], [[0.0; 2]; SIDE]);
    for (i, place) in places.iter().enumerate() {
        let place = *place as usize % PIXELS; // It is always less, but so the compiler checks no bounds.
        upper[i] = [source[place], source[place + 1]];
        lower[i] = [source[place + SIDE], source[place + SIDE + 1]];
    }
    for (i, pixel) in target.iter_mut().enumerate() {
        let right = (x[i] % FRACTION) as i32 as f32 / FRACTION as f32;
        let down = (y[i] % FRACTION) as i32 as f32 / FRACTION as f32;
        let left = upper[i][0] + (lower[i][0] - upper[i][0]) * down;
        let next = upper[i][1] + (lower[i][1] - upper[i][1]) * down;
        *pixel = left + (next - left) * right;
    }
}

/// The uniform cubic B-spline: weights of four control points for the eight pixels between the inner two.
static WEIGHTS: [[f32; SPACING]; 4] = weights();

const fn weights() -> [[f32; SPACING]; 4] {
    let mut table = [[0.0; SPACING]; 4];
    let mut step = 0;
    while step < SPACING {
        let t = step as f32 / SPACING as f32;
        let r = 1.0 - t;
        table[0][step] = r * r * r / 6.0;
        table[1][step] = (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0;
        table[2][step] = (3.0 * r * r * r - 6.0 * r * r + 4.0) / 6.0;
        table[3][step] = t * t * t / 6.0;
        step += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image without two equal pixels.
    fn image() -> Vec<f32> {
        (0..PIXELS).map(|place| place as f32).collect()
    }

    /// The grid of `[x, y] → map(x, y)`.
    fn grid(map: fn(f32, f32) -> [f32; 2]) -> Grid {
        let place = |point: usize| (point * SPACING) as f32 - SPACING as f32;
        std::array::from_fn(|row| std::array::from_fn(|column| map(place(column), place(row))))
    }

    #[test]
    fn the_identity_changes_no_bit() {
        let mut moved = image();
        resample(&mut moved, &grid(|x, y| [x, y]));
        assert_eq!(moved, image());
    }

    #[test]
    fn a_quarter_turn_moves_whole_pixels() {
        let mut turned = image();
        resample(&mut turned, &grid(|x, y| [y, 31.0 - x]));
        let expected = (0..PIXELS).map(|place| ((31 - place % SIDE) * SIDE + place / SIDE) as f32);
        assert!(turned.into_iter().eq(expected));
    }

    #[test]
    fn between_pixels_it_interpolates_and_beyond_the_edge_it_repeats() {
        let mut moved = image();
        resample(&mut moved, &grid(|x, y| [x + 0.5, y - 0.25]));
        assert_eq!(moved[5 * SIDE + 7], 5.0 * 32.0 + 7.0 + 0.5 - 0.25 * 32.0);
        assert_eq!(moved[7], 7.5); // Above the first row is the first row.
        assert_eq!(moved[5 * SIDE + 31], 5.0 * 32.0 + 31.0 - 0.25 * 32.0);
    }
}
