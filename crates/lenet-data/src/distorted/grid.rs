//! The random distortion of one image, as control points of a B-spline.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use super::{Distortion, SIDE};

/// Distance of neighbouring control points, in pixels.
pub(super) const SPACING: usize = 8;
/// Number of control points along each axis. The first is one spacing before the first pixel.
pub(super) const POINTS: usize = SIDE / SPACING + 3;
/// Number of random words reserved for an image.
pub(super) const WORDS: u128 = 64;

/// For each control point, row by row, the position `[x, y]` in the image before the distortion, in pixels.
/// A uniform cubic B-spline between them gives the position of every pixel; it reproduces affine maps.
pub(super) type Grid = [[[f32; 2]; POINTS]; POINTS];

/// Root mean square of a uniform cubic B-spline over independent control values that are uniform in −1..1:
/// √(1/3) of the values, times 151/315 by the smoothing along two axes.
const SPLINE_RMS: f64 = 0.577_350_269_189_625_8 * 151.0 / 315.0;

/// Middle of the image, in pixels.
const MIDDLE: f32 = (SIDE as f32 - 1.0) / 2.0;

/// Draws a distortion. Reads at most [`WORDS`] words of `rng`, the same number each time.
pub(super) fn random(limits: &Distortion, rng: &mut ChaCha8Rng) -> Grid {
    let [xx, xy, yx, yy] = inverse_affine(limits, rng);
    let right = MIDDLE + (limits.translation * within_one(rng)) as f32;
    let down = MIDDLE + (limits.translation * within_one(rng)) as f32;
    let strength = (limits.elastic / SPLINE_RMS * (0.75 + 0.25 * within_one(rng))) as f32;
    let mut grid = Grid::default();
    for (row, points) in grid.iter_mut().enumerate() {
        let y = place(row) - down;
        for (column, point) in points.iter_mut().enumerate() {
            let x = place(column) - right;
            let word = rng.next_u32();
            let (bend_x, bend_y) = (strength * evenly(word as u16), strength * evenly((word >> 16) as u16));
            *point = [MIDDLE + xx * x + xy * y + bend_x, MIDDLE + yx * x + yy * y + bend_y];
        }
    }
    grid
}

/// Position of a control point in the image after the distortion, along one axis.
fn place(point: usize) -> f32 {
    (point * SPACING) as f32 - SPACING as f32
}

/// Maps 0 to −1 and the largest number to 1.
fn evenly(word: u16) -> f32 {
    (f32::from(word) - 32767.5) / 32767.5
}

/// The matrix `[xx, xy, yx, yy]` from a position after the change to that before, both relative to the
/// middle: the inverse of scale · rotation · shear · stretch.
fn inverse_affine(limits: &Distortion, rng: &mut ChaCha8Rng) -> [f32; 4] {
    let (sin, cos) = sin_cos(limits.rotation.to_radians() * within_one(rng));
    let shear = limits.shear * within_one(rng);
    let scale = 1.0 + limits.scale * within_one(rng);
    let stretch = 1.0 + limits.stretch * within_one(rng);
    let (x, y) = (1.0 / (scale * stretch), stretch / scale);
    // Rows of the inverse shear [1 −shear; 0 1] times the inverse rotation [cos sin; −sin cos].
    [x * (cos + shear * sin), x * (sin - shear * cos), -y * sin, y * cos].map(|number| number as f32)
}

/// Uniform in −1..1, a multiple of 2⁻²³.
fn within_one(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.next_u32() >> 8) / f64::from(1 << 23) - 1.0
}

/// Sine and cosine of an angle of up to π, by Taylor's series up to a remainder below 1e-9. Those of the
/// standard library may differ between platforms in the last bit.
fn sin_cos(angle: f64) -> (f64, f64) {
    let squared = angle * angle;
    // 1 − a²/(n(n+1)) · (1 − a²/((n+2)(n+3)) · (…)), from the inside to the outside.
    let series = |first: u32| {
        let factors = (0..11).rev().map(|term| f64::from((first + 2 * term) * (first + 2 * term + 1)));
        factors.fold(1.0, |sum, factor| 1.0 - squared / factor * sum)
    };
    (angle * series(2), series(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn sine_and_cosine_are_those_of_the_standard_library() {
        for step in -100..=100 {
            let angle = f64::from(step) / 100.0 * std::f64::consts::PI;
            let (sin, cos) = sin_cos(angle);
            assert!((sin - angle.sin()).abs() < 1e-9 && (cos - angle.cos()).abs() < 1e-9, "{angle}");
        }
    }

    #[test]
    fn an_image_takes_no_more_words_than_are_reserved_for_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        random(&Distortion::none(), &mut rng);
        assert!(rng.get_word_pos() <= WORDS);
    }

    /// Compares the control points; the spline multiplies their root mean square by 151/315.
    #[test]
    fn an_elastic_displacement_has_the_root_mean_square_of_its_limit() {
        let (limits, mut rng) = (Distortion::none().elastic(0.5), ChaCha8Rng::seed_from_u64(7));
        let plain = random(&Distortion::none(), &mut rng);
        let (mut squares, mut count) = (0.0, 0.0);
        for _ in 0..2000 {
            let grid = random(&limits, &mut rng);
            for (point, plain) in grid.iter().flatten().flatten().zip(plain.iter().flatten().flatten()) {
                // f64 before the difference: s390x has an instruction for a product of f32 in f64, and QEMU 7.2 computes it wrongly.
                squares += (f64::from(*point) - f64::from(*plain)).powi(2);
                count += 1.0;
            }
        }
        // Of the control values; the mean square of a strength between ½ and 1 is 7/12.
        let rms = (squares / count).sqrt() * 151.0 / 315.0;
        assert!((rms - 0.5 * (7.0_f64 / 12.0).sqrt()).abs() < 0.002, "{rms}");
    }
}
