//! Separates ink from paper by a threshold, and scales the differences from the paper to ink intensities.

/// Minimum contrast of ink and paper: in steps of brightness (of 255), and as a multiple of the noise of the
/// paper.
const LEAST_CONTRAST: f32 = 20.0;
const LEAST_SIGNAL: f32 = 4.0;

/// Ink intensities, from 0 (paper) to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ink {
    /// Row-major.
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
    /// The difference from the paper that is full ink.
    pub(super) full: f32,
}

/// The ink of an image, given how much each pixel differs from the paper, 0 to 255, and the standard
/// deviation of the paper's noise; `None` if nothing stands out from the paper.
pub(super) fn ink(differences: Vec<f32>, width: usize, noise: f32) -> Option<Ink> {
    let threshold = otsu(&differences);
    let (mut above, below): (Vec<f32>, Vec<f32>) = differences.iter().partition(|value| **value > threshold);
    let contrast = mean(&above)? - mean(&below)?;
    // Also false if a number is NaN.
    let stands_out = contrast >= LEAST_CONTRAST && contrast >= LEAST_SIGNAL * noise;
    if !stands_out {
        return None;
    }
    // Full ink is the 90th percentile of the pixels above the threshold; two standard deviations of noise are
    // paper.
    let tenth = above.len() * 9 / 10;
    let full = *above.select_nth_unstable_by(tenth, f32::total_cmp).1;
    let none = (2.0 * noise).min(threshold / 2.0);
    // `full` exceeds the threshold, and `none` does not: the divisor is positive.
    let values = differences.iter().map(|value| ((value - none) / (full - none)).clamp(0.0, 1.0)).collect();
    Some(Ink { values, width, full })
}

/// The threshold that divides `values`, 0 to 255, into two classes with maximum variance between them (N.
/// Otsu, "A threshold selection method from gray-level histograms", 1979).
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
pub(super) fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}
