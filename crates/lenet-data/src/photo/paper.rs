//! The brightness of even paper: a plane that is fitted to the border of the image.

use image::GrayImage;

use super::ink::median;

/// A pixel of the border is no paper if it is farther from the plane than this multiple of the median
/// distance, and than this many steps of brightness.
const FAR: [f32; 2] = [6.0, 12.0];
/// Paper is even if at most this share of the border's pixels are no paper.
const MOST_FAR: f32 = 0.003;
/// Paper is even if its noise has at most this standard deviation. A curved shadow counts as noise.
const MOST_NOISE: f32 = 8.0;

/// The brightness of the paper, modelled as a plane.
pub(super) struct Paper {
    /// Brightness in the middle of the image, and its increase from there to the right and to the lower
    /// edge.
    plane: [f32; 3],
    /// Half the width and half the height of the image.
    half: [f32; 2],
    /// Standard deviation of the border's pixels from the plane.
    pub(super) noise: f32,
    /// Whether the plane describes the border.
    pub(super) is_even: bool,
}

impl Paper {
    /// Fits the plane to the pixels of the border. Each of three rounds excludes the pixels that are far from
    /// the plane of the round before, such as ink at the border.
    pub(super) fn of(picture: &GrayImage) -> Self {
        let half = [picture.width(), picture.height()].map(|side| side as f32 / 2.0);
        let border = border(picture);
        let middle = median(border.iter().map(|(.., brightness)| *brightness).collect());
        let mut paper = Self { plane: [middle, 0.0, 0.0], half, noise: 0.0, is_even: false };
        for _ in 0..3 {
            let distance = |&(x, y, brightness): &(u32, u32, f32)| (brightness - paper.plane_at(x, y)).abs();
            let usual = median(border.iter().map(distance).collect());
            let near: Vec<_> =
                border.iter().filter(|pixel| distance(pixel) <= (4.0 * usual).max(8.0)).copied().collect();
            paper.plane = paper.nearest_plane(&near);
            let squares = near.iter().map(|&(x, y, brightness)| (brightness - paper.plane_at(x, y)).powi(2));
            paper.noise = (squares.sum::<f32>() / near.len() as f32).sqrt();
        }
        let distances: Vec<f32> =
            border.iter().map(|&(x, y, brightness)| (brightness - paper.plane_at(x, y)).abs()).collect();
        let limit = (FAR[0] * median(distances.clone())).max(FAR[1]);
        let far = distances.iter().filter(|distance| **distance > limit).count();
        paper.is_even = paper.noise <= MOST_NOISE && far as f32 <= MOST_FAR * border.len() as f32;
        paper
    }

    /// The brightness of the paper at a pixel. The plane may leave the range of brightness, the paper cannot.
    pub(super) fn at(&self, x: u32, y: u32) -> f32 {
        self.plane_at(x, y).clamp(0.0, 255.0)
    }

    fn plane_at(&self, x: u32, y: u32) -> f32 {
        let place = self.place(x, y);
        self.plane.iter().zip(place).map(|(gain, place)| gain * place).sum()
    }

    /// The factors of `plane` at a pixel: 1, and its column and row on a scale from -1 to 1.
    fn place(&self, x: u32, y: u32) -> [f32; 3] {
        let [x, y] =
            [(x, self.half[0]), (y, self.half[1])].map(|(place, half)| (place as f32 + 0.5) / half - 1.0);
        [1.0, x, y]
    }

    /// Least squares: solves the normal equations by Gaussian elimination.
    fn nearest_plane(&self, pixels: &[(u32, u32, f32)]) -> [f32; 3] {
        let mut rows = [[0.0_f32; 4]; 3];
        for &(x, y, brightness) in pixels {
            let place = self.place(x, y);
            let columns = [place[0], place[1], place[2], brightness];
            for (row, factor) in rows.iter_mut().zip(place) {
                row.iter_mut().zip(columns).for_each(|(sum, column)| *sum += factor * column);
            }
        }
        // A border of a single row does not determine the slope across it: a small weight on a level plane
        // does.
        for (index, row) in rows.iter_mut().enumerate() {
            row[index] += 1e-3 * pixels.len() as f32 + f32::MIN_POSITIVE;
        }
        solve(rows)
    }
}

/// Solves three equations. Their matrix is symmetric and positive definite, so no pivoting is needed.
fn solve(mut rows: [[f32; 4]; 3]) -> [f32; 3] {
    for pivot in 0..3 {
        let row = rows[pivot].map(|value| value / rows[pivot][pivot]);
        rows[pivot] = row;
        for other in (0..3).filter(|other| *other != pivot) {
            let factor = rows[other][pivot];
            rows[other].iter_mut().zip(row).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    rows.map(|row| row[3])
}

/// The pixels `(x, y, brightness)` near the border, a thirty-second of the shorter side wide.
fn border(picture: &GrayImage) -> Vec<(u32, u32, f32)> {
    let (width, height) = picture.dimensions();
    let ring = (width.min(height) / 32).max(1);
    let is_near = |place: u32, side: u32| place < ring || place + ring >= side;
    let near = picture.enumerate_pixels().filter(|(x, y, _)| is_near(*x, width) || is_near(*y, height));
    near.map(|(x, y, pixel)| (x, y, f32::from(pixel.0[0]))).collect()
}
