//! Finds dark shapes on paper whose brightness is estimated around each pixel.

use image::GrayImage;

use super::background::{closing, widened};
use super::digit::{is_sheet, without_edges};
use super::ink::{Ink, ink, median};
use super::parts::{Part, false_outline, parts};

/// Half the window of the background, as a share of the shorter side of the picture. The window must be wider
/// than a stroke.
const RADIUS: f32 = 0.15;
/// Very dark paper counts as this share of the lightest paper, because its noise is not proportional to its
/// brightness.
const DARKEST: f32 = 0.3;
/// A pixel is paper, not ink or desk, if it has at least this share of the brightness of the lightest paper.
const LIGHT: f32 = 0.5;
/// The noise is estimated from about this number of pixels.
const SAMPLES: usize = 1 << 14;
/// A pixel beside ink is as dark as ink from this share of full ink on.
const FALSE: f32 = 0.6;
/// Maximum share of a part's outline without an edge in the picture. Digits have none; the gaps between
/// strokes have more.
const MOST_FALSE: f32 = 0.08;

/// Dark ink on a local background.
pub(super) struct Shapes {
    pub(super) ink: Ink,
    /// The parts that may belong to a digit.
    pub(super) parts: Vec<Part>,
}

impl Shapes {
    /// The dark shapes of a picture that are not edges or sheets of paper.
    pub(super) fn of(picture: &GrayImage) -> Self {
        let (width, shorter) = (picture.width() as usize, picture.width().min(picture.height()) as usize);
        let paper = closing(picture, (shorter as f32 * RADIUS) as usize + 1);
        let mut missing = missing(&paper, picture);
        let [middle, noise] = grain(picture, &missing, lightest(&paper));
        missing.iter_mut().for_each(|share| *share = (*share - middle).max(0.0));
        let Some(ink) = ink(missing, width, noise) else {
            return Self { ink: Ink { values: Vec::new(), width, full: 1.0 }, parts: Vec::new() };
        };
        let mut parts = without_edges(&ink, parts(&ink));
        // Where the closing drops from paper to the brightness of ink, the picture has no edge.
        let nearby = self::missing(&widened(&paper, width, shorter / 32 + 1), picture);
        let is_false: Vec<bool> = nearby.iter().map(|share| share - middle > FALSE * ink.full).collect();
        parts.retain(|part| !is_sheet(part, &ink) && false_outline(part, &ink, &is_false) <= MOST_FALSE);
        Self { ink, parts }
    }

    /// Sum of the ink, without the parts that are holes in a part of `other`.
    pub(super) fn weight_outside(&self, other: &Self) -> f32 {
        let is_hole = |part: &&Part| other.parts.iter().any(|around| around.surrounds(part));
        self.parts.iter().filter(|part| !is_hole(part)).map(|part| part.weight).sum()
    }
}

/// For each pixel, the light that is missing in comparison to the paper, as a share of 255.
fn missing(paper: &[u8], picture: &GrayImage) -> Vec<f32> {
    let darkest = (DARKEST * lightest(paper)).max(1.0);
    let share = |(paper, pixel): (&u8, &u8)| {
        let [paper, pixel] = [paper, pixel].map(|brightness| f32::from(*brightness));
        255.0 * (paper - pixel) / paper.max(darkest)
    };
    paper.iter().zip(picture.as_raw()).map(share).collect()
}

/// The median of the light that is missing from paper, and the standard deviation of the noise.
///
/// The median is not 0, because the closing passes through the lightest grains of the paper.
fn grain(picture: &GrayImage, missing: &[f32], lightest: f32) -> [f32; 2] {
    // An odd step visits all columns.
    let step = (missing.len() / SAMPLES) | 1;
    let pixels = || picture.as_raw().iter().zip(missing).step_by(step);
    let is_light = |(pixel, _): &(&u8, &f32)| f32::from(**pixel) >= LIGHT * lightest;
    let mut paper: Vec<f32> = pixels().filter(is_light).map(|(_, share)| *share).collect();
    if 4 * paper.len() < pixels().len() {
        paper = pixels().map(|(_, share)| *share).collect();
    }
    let middle = median(paper.clone());
    let distances = paper.iter().map(|share| (share - middle).abs()).collect();
    // The standard deviation of a normal distribution is 1.48 times its median distance.
    [middle, 1.48 * median(distances)]
}

fn lightest(paper: &[u8]) -> f32 {
    f32::from(paper.iter().copied().max().unwrap_or_default())
}
