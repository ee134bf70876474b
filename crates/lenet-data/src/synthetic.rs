//! Synthetic handwritten digits: drawn from pen strokes, so that everything runs without a data set.
//!
//! A digit has several ways of being written, each known by a few extreme shapes, all designed by hand. An
//! image is a random mixture of the shapes of one way, shaken, bent, slanted and turned, and traced with a
//! round pen of random width. It is framed as MNIST frames its digits (Y. LeCun, C. Cortes and C. J. C.
//! Burges, "The MNIST database of handwritten digits"): about 20 pixels long, the centre of mass in the
//! middle, the border empty. No pixel of MNIST or of any other set went into it.
//!
//! ```
//! let set = lenet_data::synthetic::digits(7, 0..100)?;
//! assert_eq!((set.len(), set.height(), set.width()), (100, 32, 32));
//! assert_eq!(set.image(42), lenet_data::synthetic::draw(7, 42).0);
//! # Ok::<(), lenet_data::Error>(())
//! ```

mod dice;
mod hand;
mod pen;
mod stroke;
mod ways;

use std::ops::Range;

use crate::{DigitSet, Error, SIDE};
use dice::Dice;

/// Draws digit `index` of the endless set that `seed` names: the pixels `[32 × 32]` row by row, from 0
/// (background) to 255 (ink), and the label, `index` modulo 10. The two outermost pixels on each side are 0.
///
/// The bytes depend on nothing else: not on other indices, on threads or on the platform, for all arithmetic
/// is addition, multiplication, division and square root in `f32`, which IEEE 754 rounds in one way only.
/// They may change from one version of this crate to the next.
pub fn draw(seed: u64, index: u64) -> ([u8; SIDE * SIDE], u8) {
    let mut dice = Dice::new(seed, index);
    let label = (index % 10) as usize;
    let strokes = hand::write(ways::WAYS[label], &mut dice);
    (pen::ink(&strokes, &mut dice), label as u8)
}

/// The digits of `range` from the set that `seed` names, drawn on all threads of [`lenet_threads`]: image `i` is
/// [`draw`]`(seed, range.start + i)`. Labels cycle through 0 to 9: ten images in a row hold each digit once.
///
/// # Errors
/// [`Error::Shape`] if the range has more digits than this machine has memory for.
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

/// `bytes` zeros for each digit of `range`.
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
