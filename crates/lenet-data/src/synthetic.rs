//! Synthetic handwritten digits, drawn from pen strokes: training data without a download.
//!
//! Each digit has several glyphs, each given by a few extreme shapes, all designed by hand. An image is a
//! random mixture of the shapes of one glyph, distorted, slanted and rotated, and traced with a round pen of
//! random width. It has the frame of MNIST's digits (Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST
//! database of handwritten digits"): about 20 pixels long, the centre of mass in the middle, an empty border.
//! No pixel comes from MNIST or another data set. Which glyphs there are, and the pen's widths, were chosen by
//! looking at digits of MNIST's training set that a network trained on synthetic digits alone misread.
//!
//! ```
//! let set = lenet_data::synthetic::digits(7, 0..100)?;
//! assert_eq!((set.len(), set.height(), set.width()), (100, 32, 32));
//! assert_eq!(set.image(42), lenet_data::synthetic::draw(7, 42).0);
//! # Ok::<(), lenet_data::Error>(())
//! ```

mod glyphs;
mod handwriting;
mod pen;
mod rng;
mod stroke;

use std::ops::Range;

use crate::{DigitSet, Error, SIDE};
use rng::GlyphRng;

/// Draws digit `index` of the infinite set with this `seed`. Returns the pixels `[32 × 32]`, row-major, from
/// 0 (background) to 255 (ink), and the label, which is `index` modulo 10. The two outermost pixels on each
/// side are 0.
///
/// The result is a pure function of the arguments, the same on every platform: all arithmetic is addition,
/// multiplication, division and square root in `f32`, whose rounding IEEE 754 defines. It may change in
/// another version of this crate.
pub fn draw(seed: u64, index: u64) -> ([u8; SIDE * SIDE], u8) {
    let mut rng = GlyphRng::new(seed, index);
    let label = (index % 10) as usize;
    let strokes = handwriting::write(glyphs::GLYPHS[label], &mut rng);
    (pen::ink(&strokes, &mut rng), label as u8)
}

/// The digits of `range` in the set with this `seed`, drawn on all threads of [`lenet_threads`]: image `i` is
/// [`draw`]`(seed, range.start + i)`. Ten consecutive images have each label once. An empty range gives an
/// empty set.
///
/// # Errors
/// [`Error::Shape`] if the machine has not enough memory for the images.
pub fn digits(seed: u64, range: Range<u64>) -> Result<DigitSet, Error> {
    let mut images = zeros(&range, SIDE * SIDE)?;
    let mut labels = zeros(&range, 1)?;
    let digits = images.chunks_exact_mut(SIDE * SIDE).zip(&mut labels).enumerate();
    lenet_threads::for_each(digits, |(i, (image, label))| {
        let (pixels, digit) = draw(seed, range.start + i as u64);
        image.copy_from_slice(&pixels);
        *label = digit;
    });
    DigitSet::new(images, labels, SIDE, SIDE)
}

/// Allocates `bytes` zeros for each digit of `range`.
fn zeros(range: &Range<u64>, bytes: usize) -> Result<Vec<u8>, Error> {
    let digits = range.end.saturating_sub(range.start);
    let mut zeros = Vec::new();
    usize::try_from(digits)
        .ok()
        .and_then(|digits| digits.checked_mul(bytes))
        .and_then(|size| zeros.try_reserve_exact(size).ok().map(|()| zeros.resize(size, 0)))
        .ok_or_else(|| Error::Shape(format!("{digits} synthetic digits, more than memory holds")))?;
    Ok(zeros)
}
