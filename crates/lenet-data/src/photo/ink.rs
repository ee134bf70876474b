//! Separates ink from paper: subtracts the fitted background and returns the ink intensity of each pixel.

use image::GrayImage;

/// Minimum contrast of ink and paper: in steps of brightness (of 255), and as a multiple of the noise of the paper.
const LEAST_CONTRAST: f32 = 20.0;
const LEAST_SIGNAL: f32 = 4.0;

/// Ink intensities, from 0 (paper) to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ink {
    /// Row-major.
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

/// The ink of an image; `None` if nothing stands out from the paper.
pub(super) fn ink(picture: &GrayImage) -> Option<Ink> {
    let paper = Paper::of(picture);
    let pixels = || picture.enumerate_pixels().map(|(x, y, pixel)| f32::from(pixel.0[0]) - paper.at(x, y));
    // The sign of the larger differences tells whether ink is darker or lighter than paper.
    let power: f32 = pixels().map(|difference| difference * difference.abs()).sum();
    let values: Vec<f32> = pixels().map(|difference| (difference * power.signum()).max(0.0)).collect();

    let threshold = otsu(&values);
    let (mut above, below): (Vec<f32>, Vec<f32>) = values.iter().partition(|value| **value > threshold);
    let contrast = mean(&above)? - mean(&below)?;
    // Also false if a number is NaN.
    let stands_out = contrast >= LEAST_CONTRAST && contrast >= LEAST_SIGNAL * paper.noise;
    if !stands_out {
        return None;
    }
    // Full ink is the 90th percentile of the pixels above the threshold; two standard deviations of noise are paper.
    let tenth = above.len() * 9 / 10;
    let full = *above.select_nth_unstable_by(tenth, f32::total_cmp).1;
    let none = (2.0 * paper.noise).min(threshold / 2.0);
    // `full` exceeds the threshold, and `none` does not: the divisor is positive.
    let values = values.iter().map(|value| ((value - none) / (full - none)).clamp(0.0, 1.0)).collect();
    Some(Ink { values, width: picture.width() as usize })
}

/// The brightness of the paper, modelled as a plane.
struct Paper {
    /// Brightness in the middle of the image, and its increase from there to the right and to the lower edge.
    plane: [f32; 3],
    /// Half the width and half the height of the image.
    half: [f32; 2],
    /// Standard deviation of the border's pixels from the plane.
    noise: f32,
}

impl Paper {
    /// Fits the plane to the pixels of the border. Each of three rounds excludes the pixels that are far from the plane of
    /// the round before, such as ink at the border.
    fn of(picture: &GrayImage) -> Self {
        let half = [picture.width(), picture.height()].map(|side| side as f32 / 2.0);
        let border = border(picture);
        let middle = median(border.iter().map(|(.., brightness)| *brightness).collect());
        let mut paper = Self { plane: [middle, 0.0, 0.0], half, noise: 0.0 };
        for _ in 0..3 {
            let distance = |&(x, y, brightness): &(u32, u32, f32)| (brightness - paper.plane_at(x, y)).abs();
            let usual = median(border.iter().map(distance).collect());
            let near: Vec<_> =
                border.iter().filter(|pixel| distance(pixel) <= (4.0 * usual).max(8.0)).copied().collect();
            paper.plane = paper.nearest_plane(&near);
            let squares = near.iter().map(|&(x, y, brightness)| (brightness - paper.plane_at(x, y)).powi(2));
            paper.noise = (squares.sum::<f32>() / near.len() as f32).sqrt();
        }
        paper
    }

    /// The brightness of the paper at a pixel. The plane may leave the range of brightness, the paper cannot.
    fn at(&self, x: u32, y: u32) -> f32 {
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
        // A border of a single row does not determine the slope across it: a small weight on a level plane does.
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

/// The threshold that divides `values`, 0 to 255, into two classes with maximum variance between them (N. Otsu, "A
/// threshold selection method from gray-level histograms", 1979).
fn otsu(values: &[f32]) -> f32 {
    let mut histogram = [0.0_f64; 256];
    // The conversion saturates at 0 and 255, and makes 0 of NaN.
    values.iter().for_each(|value| histogram[usize::from(*value as u8)] += 1.0);
    let levels = || histogram.iter().zip(0..).map(|(count, level)| (*count, f64::from(level)));
    let (total, sum) =
        levels().fold((0.0, 0.0), |(total, sum), (count, level)| (total + count, sum + count * level));
    let (mut best, mut threshold) = (0.0, 0.0);
    let (mut below, mut sum_below) = (0.0, 0.0);
    for (count, level) in levels() {
        (below, sum_below) = (below + count, sum_below + count * level);
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let apart = sum_below / below - (sum - sum_below) / above;
            let variance = below * above * apart * apart;
            if variance > best {
                (best, threshold) = (variance, level + 1.0);
            }
        }
    }
    threshold as f32
}

fn mean(values: &[f32]) -> Option<f32> {
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}

/// The median; 0 for no values.
fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}
