//! Scales and centres the digit as MNIST's digits are.

use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Luma};

use super::ink::Ink;
use crate::SIDE;

/// Longer side of a digit, in pixels.
const BOX: usize = 20;
/// Width of the empty border: MNIST's images are 28×28, padded to 32×32.
const PADDING: usize = 2;

/// Ink intensities, from 0 to 1 or, for the result, from 0 to 255.
type Picture = ImageBuffer<Luma<f32>, Vec<f32>>;

/// The digit, scaled to fit 20×20 and with its centre of mass in the middle of 32×32; `None` if no ink is
/// left.
pub(super) fn frame(ink: &Ink) -> Option<[u8; SIDE * SIDE]> {
    let mut digit = scaled(ink);
    // Scaling makes a thin stroke lighter: the strongest pixel becomes full ink.
    let strongest = digit.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    digit.iter_mut().for_each(|share| *share = (255.0 * *share / strongest).round());
    let [left, top] = place(&digit)?;
    let mut framed = [0; SIDE * SIDE];
    for (x, y, Luma([level])) in digit.enumerate_pixels() {
        framed[(top + y as usize) * SIDE + left + x as usize] = *level as u8;
    }
    Some(framed)
}

/// The digit, centred in a square of its longer side, which is scaled to 20×20. The square preserves the
/// proportions: the shorter side alone would be rounded to whole pixels.
fn scaled(ink: &Ink) -> Picture {
    let (width, height) = (ink.width, ink.values.len() / ink.width);
    let side = width.max(height);
    let [left, top] = [(side - width) / 2, (side - height) / 2];
    let mut square = Picture::new(side as u32, side as u32);
    for (index, share) in ink.values.iter().enumerate() {
        let [x, y] = [left + index % width, top + index / width].map(|place| place as u32);
        square.put_pixel(x, y, Luma([*share]));
    }
    resize(&square, BOX as u32, BOX as u32, FilterType::Triangle)
}

/// First column and row of the square for which the centre of mass is in the pixel to the right of and below
/// the middle, as far as the square stays within MNIST's 28×28; `None` if the square has no ink. The sums are
/// of integers and halves, which f32 adds without rounding.
///
/// In MNIST the centres of mass are spread evenly over that pixel, from 14 to 15 of 28. A digit that is
/// centred at 14 is half a pixel off: a network that read 46 of 5,000 digits wrongly read 59.
fn place(digit: &Picture) -> Option<[usize; 2]> {
    let weight = |weigh: fn(u32, u32) -> f32| -> f32 {
        digit.enumerate_pixels().map(|(x, y, Luma([level]))| weigh(x, y) * level).sum()
    };
    let total = weight(|_, _| 1.0);
    if !(total.is_finite() && total > 0.0) {
        return None;
    }
    let centre = [weight(|x, _| x as f32 + 0.5) / total, weight(|_, y| y as f32 + 0.5) / total];
    Some(centre.map(|centre| {
        // The conversion saturates: below 0 it gives 0.
        let begin = (SIDE as f32 / 2.0 - centre).ceil() as usize;
        begin.clamp(PADDING, SIDE - PADDING - BOX)
    }))
}
