//! The pen: fits strokes into MNIST's frame and turns them into grey pixels.

use std::ops::Range;

use super::SIDE;
use super::dice::Dice;
use super::stroke::{Point, Stroke, distance, flatten};

/// The side of the square that a digit fills, in pixels.
const FRAME: f32 = 20.0;

/// Pixels on each side of the image that stay empty.
const BORDER: usize = 2;

/// The row and the column of the centre of mass: MNIST's 14 of 28, after padding to 32.
const MIDDLE: usize = 16;

/// The part of the frame that ink may cover: more, and the loops of an 8 fill up.
const LEGIBLE: f32 = 0.6;

/// A value for each pixel, row by row.
type Grid<T> = [T; SIDE * SIDE];

/// Traces the strokes with a round pen: the pixels of the image, 0 (background) to 255 (ink).
pub(super) fn ink(strokes: &[Stroke], dice: &mut Dice) -> Grid<u8> {
    let speed = dice.between(0.75, 1.2);
    let mut lines: Vec<Vec<Point>> = strokes.iter().map(|stroke| flatten(stroke, speed)).collect();
    let radius = thickness(&lines, dice);
    fit(&mut lines, FRAME - 2.0 * radius - dice.between(0.0, 0.9));
    let softness = dice.between(0.8, 1.2);
    // The conversion saturates at 0 and 255.
    centre(&depth(&lines, radius, dice).map(|depth| (255.0 * (depth / softness + 0.5) + 0.5) as u8))
}

/// The pen's radius in pixels: mostly a ball pen's, now and then a marker's.
fn thickness(lines: &[Vec<Point>], dice: &mut Dice) -> f32 {
    let broad = dice.unit();
    let marker = if dice.unit() < 0.1 { dice.between(0.0, 1.5) } else { 0.0 };
    let radius = dice.between(0.65, 1.3) + 0.8 * broad * broad + marker;
    let length: f32 = lines.iter().flat_map(|line| line.windows(2)).map(|w| distance(w[0], w[1])).sum();
    // Ink covers 2 · radius · length once the longer side is scaled to FRAME.
    radius.min(LEGIBLE * FRAME * side(lines) / (2.0 * length))
}

/// The longer side of the lines' bounding box; never 0.
fn side(lines: &[Vec<Point>]) -> f32 {
    let [x, y] = bounds(lines);
    (x.end - x.start).max(y.end - y.start).max(1e-6)
}

/// The bounding box of the lines: the ranges of x and y.
fn bounds(lines: &[Vec<Point>]) -> [Range<f32>; 2] {
    [0, 1].map(|axis| {
        let coordinates = || lines.iter().flatten().map(|point| point[axis]);
        coordinates().fold(f32::MAX, f32::min)..coordinates().fold(f32::MIN, f32::max)
    })
}

/// Scales the lines to a bounding box whose longer side is `size`, in the middle of the image.
fn fit(lines: &mut [Vec<Point>], size: f32) {
    let scale = size / side(lines);
    let middle = bounds(lines).map(|range| (range.start + range.end) / 2.0);
    for point in lines.iter_mut().flatten() {
        *point = [0, 1].map(|axis| SIDE as f32 / 2.0 + scale * (point[axis] - middle[axis]));
    }
}

/// How deep the middle of each pixel lies in the ink, in pixels (negative outside). The pen presses unevenly.
fn depth(lines: &[Vec<Point>], radius: f32, dice: &mut Dice) -> Grid<f32> {
    let mut grid = [f32::MIN; SIDE * SIDE];
    for line in lines {
        let mut pressed = radius * (1.0 + 0.12 * dice.bell());
        for ends in line.windows(2) {
            let next = radius * (1.0 + 0.12 * dice.bell());
            trace(&mut grid, [ends[0], ends[1]], [pressed, next]);
            pressed = next;
        }
    }
    grid
}

/// Raises the grid to the depth in one line between two `ends` with a radius each, where the line leaves ink.
fn trace(grid: &mut Grid<f32>, ends: [Point; 2], radii: [f32; 2]) {
    let [a, b] = ends;
    let reach = radii[0].max(radii[1]) + 1.0;
    let near = |axis: usize| {
        let (low, high) = (a[axis].min(b[axis]) - reach, a[axis].max(b[axis]) + reach);
        // The conversion saturates: below 0 it gives 0.
        low as usize..(high as usize + 1).min(SIDE)
    };
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let squared = (dx * dx + dy * dy).max(1e-6);
    for row in near(1) {
        let y = row as f32 + 0.5 - a[1];
        for column in near(0) {
            let x = column as f32 + 0.5 - a[0];
            // How far along the line its nearest point is.
            let t = ((x * dx + y * dy) / squared).clamp(0.0, 1.0);
            let (x, y) = (x - t * dx, y - t * dy);
            let depth = radii[0] + t * (radii[1] - radii[0]) - (x * x + y * y).sqrt();
            let cell = &mut grid[row * SIDE + column];
            *cell = cell.max(depth);
        }
    }
}

/// Moves the image by whole pixels so that its centre of mass comes to [`MIDDLE`]; what reaches the border is
/// cut.
fn centre(pixels: &Grid<u8>) -> Grid<u8> {
    let (mut mass, mut moments) = (0, [0, 0]);
    for (place, &pixel) in pixels.iter().enumerate() {
        mass += usize::from(pixel);
        moments[0] += usize::from(pixel) * (place % SIDE);
        moments[1] += usize::from(pixel) * (place / SIDE);
    }
    // Rounded to the nearest pixel.
    let centre = moments.map(|moment| (2 * moment + mass) / (2 * mass.max(1)));
    let source = |axis: usize, to: usize| (to + centre[axis]).checked_sub(MIDDLE).filter(|&from| from < SIDE);
    let mut moved = [0; SIDE * SIDE];
    for y in BORDER..SIDE - BORDER {
        for x in BORDER..SIDE - BORDER {
            if let (Some(column), Some(row)) = (source(0, x), source(1, y)) {
                moved[y * SIDE + x] = pixels[row * SIDE + column];
            }
        }
    }
    moved
}
