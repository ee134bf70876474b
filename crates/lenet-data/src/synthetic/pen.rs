//! The pen: scales strokes to MNIST's frame and rasterizes them.

use std::ops::Range;

use super::SIDE;
use super::rng::GlyphRng;
use super::stroke::{Point, Stroke, distance, flatten};

/// Side of the square that a digit fills, in pixels.
const FRAME: f32 = 20.0;

/// Width of the empty border on each side of the image, in pixels.
const BORDER: usize = 2;

/// Row and column of the centre of mass: 14 of 28 in MNIST, 16 after padding to 32.
const MIDDLE: usize = 16;

/// Maximum share of the frame that ink covers; with more ink the loops of an 8 are filled.
const LEGIBLE: f32 = 0.6;

/// Maximum radius of the pen as a share of the width of a digit with rings or bows, so that they stay open.
const OPEN: f32 = 0.25;

/// Minimum radius of the pen, in pixels.
const THINNEST: f32 = 0.65;

/// A value for each pixel, row-major.
type Grid<T> = [T; SIDE * SIDE];

/// Traces the strokes with a round pen and returns the pixels of the image, 0 (background) to 255 (ink).
pub(super) fn ink(strokes: &[Stroke], rng: &mut GlyphRng) -> Grid<u8> {
    let speed = rng.between(0.75, 1.2);
    let mut lines: Vec<Vec<Point>> = strokes.iter().map(|stroke| flatten(stroke, speed)).collect();
    let radius = thickness(&lines, rng);
    fit(&mut lines, FRAME - 2.0 * radius - rng.between(0.0, 0.9));
    let softness = rng.between(0.9, 1.5);
    // The conversion saturates at 0 and 255.
    centre(&depth(&lines, radius, rng).map(|depth| (255.0 * (depth / softness + 0.5) + 0.5) as u8))
}

/// The pen's radius in pixels: usually that of a ballpoint pen, sometimes that of a marker.
fn thickness(lines: &[Vec<Point>], rng: &mut GlyphRng) -> f32 {
    let broad = rng.unit();
    let heavy = rng.unit();
    let marker = if rng.unit() < 0.1 { 3.0 * heavy * heavy } else { 0.0 };
    let radius = rng.between(THINNEST, 1.3) + 0.8 * broad * broad + marker;
    let length: f32 = lines.iter().flat_map(|line| line.windows(2)).map(|w| distance(w[0], w[1])).sum();
    let [long, short] = sides(lines);
    // Ink covers 2 · radius · length once the longer side is scaled to FRAME.
    let radius = radius.min(LEGIBLE * FRAME * long / (2.0 * length));
    // A line much longer than the digit forms rings or bows, which are about as wide as the digit.
    let widest = if length > 1.8 * long { OPEN * FRAME * short / long } else { FRAME };
    radius.min(widest.max(THINNEST))
}

/// The longer and the shorter side of the lines' bounding box, greater than 0.
fn sides(lines: &[Vec<Point>]) -> [f32; 2] {
    let [width, height] = bounds(lines).map(|range| (range.end - range.start).max(1e-6));
    [width.max(height), width.min(height)]
}

/// The bounding box of the lines: the ranges of x and y.
fn bounds(lines: &[Vec<Point>]) -> [Range<f32>; 2] {
    [0, 1].map(|axis| {
        let coordinates = || lines.iter().flatten().map(|point| point[axis]);
        coordinates().fold(f32::MAX, f32::min)..coordinates().fold(f32::MIN, f32::max)
    })
}

/// Scales the lines to a bounding box whose longer side is `size` and centres it in the image.
fn fit(lines: &mut [Vec<Point>], size: f32) {
    let scale = size / sides(lines)[0];
    let middle = bounds(lines).map(|range| (range.start + range.end) / 2.0);
    for point in lines.iter_mut().flatten() {
        *point = [0, 1].map(|axis| SIDE as f32 / 2.0 + scale * (point[axis] - middle[axis]));
    }
}

/// Signed distance of each pixel's centre from the edge of the ink, in pixels, positive inside. The pressure
/// of the pen varies from point to point.
fn depth(lines: &[Vec<Point>], radius: f32, rng: &mut GlyphRng) -> Grid<f32> {
    let mut grid = [f32::MIN; SIDE * SIDE];
    for line in lines {
        let mut pressed = radius * (1.0 + 0.12 * rng.bell());
        for ends in line.windows(2) {
            let next = radius * (1.0 + 0.12 * rng.bell());
            trace(&mut grid, [ends[0], ends[1]], [pressed, next]);
            pressed = next;
        }
    }
    grid
}

/// Takes the maximum of the grid and the depths in one line segment, whose `ends` have a radius each.
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
            // Position of the nearest point on the segment, from 0 to 1.
            let t = ((x * dx + y * dy) / squared).clamp(0.0, 1.0);
            let (x, y) = (x - t * dx, y - t * dy);
            let depth = radii[0] + t * (radii[1] - radii[0]) - (x * x + y * y).sqrt();
            let cell = &mut grid[row * SIDE + column];
            *cell = cell.max(depth);
        }
    }
}

/// Moves the image by whole pixels so that its centre of mass is at [`MIDDLE`]. Pixels in the border become
/// 0.
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
