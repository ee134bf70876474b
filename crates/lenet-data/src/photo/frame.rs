//! The digit in its frame, as MNIST's digits are in theirs.

use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Luma};

use super::ink::Ink;
use crate::SIDE;

/// The longer side of a digit.
const BOX: usize = 20;
/// Rows and columns at the border that stay empty: MNIST's images are 28×28, padded to 32×32.
const PADDING: usize = 2;

/// Ink, as shares from 0 to 1 or as the levels from 0 to 255 that are written.
type Picture = ImageBuffer<Luma<f32>, Vec<f32>>;

/// The digit, scaled to fit 20×20 and with its centre of mass in the middle of 32×32.
pub(super) fn frame(ink: &Ink) -> [u8; SIDE * SIDE] {
    let mut digit = scaled(ink);
    // A thin stroke loses ink on the way: the strongest that is left is full ink.
    let strongest = digit.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    digit.iter_mut().for_each(|share| *share = (255.0 * *share / strongest).round());
    let [left, top] = place(&digit);
    let mut framed = [0; SIDE * SIDE];
    for (x, y, Luma([level])) in digit.enumerate_pixels() {
        framed[(top + y as usize) * SIDE + left + x as usize] = *level as u8;
    }
    framed
}

/// The digit in the middle of a square that its longer side fills, 20×20. The square keeps the proportions: the shorter
/// side by itself would be rounded to whole pixels.
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

/// The column and the row where the square begins, so that the centre of mass is in the middle and nothing leaves MNIST's
/// 28×28. The sums are of whole numbers and halves, which f32 adds without rounding.
fn place(digit: &Picture) -> [usize; 2] {
    let weight = |weigh: fn(u32, u32) -> f32| -> f32 {
        digit.enumerate_pixels().map(|(x, y, Luma([level]))| weigh(x, y) * level).sum()
    };
    let total = weight(|_, _| 1.0);
    let centre = [weight(|x, _| x as f32 + 0.5) / total, weight(|_, y| y as f32 + 0.5) / total];
    centre.map(|centre| {
        let begin = (SIDE as f32 / 2.0 - centre).round() as usize;
        begin.clamp(PADDING, SIDE - PADDING - BOX)
    })
}
