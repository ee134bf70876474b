//! Glyphs: the shapes in which each digit may be written, before the random changes of one image.
//!
//! A knot is `x y`, x to the right and y down; an upright digit is about 70 wide and 100 high. The pen passes
//! through the knots on a smooth curve; two equal knots in a row are a corner; `;` lifts the pen.

/// A [`Glyph`] from its weight and its shapes, each in brackets.
macro_rules! glyph {
    ($weight:literal: $([$($($x:literal $y:literal),+);+])+) => {
        Glyph { weight: $weight, shapes: &[$(&[$(&[$(($x, $y)),+]),+]),+] }
    };
}

mod eight;
mod five;
mod four;
mod nine;
mod one;
mod seven;
mod six;
mod three;
mod two;
mod zero;

/// One way of writing a digit.
pub(super) struct Glyph {
    /// Relative frequency among the digit's glyphs.
    pub(super) weight: f32,
    /// Extreme shapes. An image is a mixture of them, so all have the same number of strokes, and of knots in
    /// each stroke.
    pub(super) shapes: &'static [Shape],
}

/// A list of strokes, each a list of knots.
pub(super) type Shape = &'static [&'static [(i8, i8)]];

/// The glyphs of the digits 0 to 9.
pub(super) const GLYPHS: [&[Glyph]; 10] = [
    zero::ZERO,
    one::ONE,
    two::TWO,
    three::THREE,
    four::FOUR,
    five::FIVE,
    six::SIX,
    seven::SEVEN,
    eight::EIGHT,
    nine::NINE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_a_glyph_have_the_same_strokes_and_knots() {
        for glyph in GLYPHS.into_iter().flatten() {
            let layout = |shape: &[&[(i8, i8)]]| shape.iter().map(|knots| knots.len()).collect::<Vec<_>>();
            let first = layout(glyph.shapes[0]);
            assert!(first.iter().all(|&knots| knots > 1));
            assert!(glyph.shapes.iter().all(|shape| layout(shape) == first), "{:?}", glyph.shapes[0]);
        }
    }
}
