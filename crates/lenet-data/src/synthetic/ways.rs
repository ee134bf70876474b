//! The ways of writing each digit: what a hand learnt at school, not what this one makes of it today.
//!
//! A knot is `x y`, x to the right and y down; an upright digit is about 70 wide and 100 high. The pen passes
//! through the knots on a smooth curve, and a knot written twice is a corner. `;` lifts the pen.

/// A [`Way`] from its weight and its shapes, each in brackets.
macro_rules! way {
    ($weight:literal: $([$($($x:literal $y:literal),+);+])+) => {
        Way { weight: $weight, shapes: &[$(&[$(&[$(($x, $y)),+]),+]),+] }
    };
}

mod high;
mod low;

/// A way of writing a digit.
pub(super) struct Way {
    /// How often, relative to the digit's other ways.
    pub(super) weight: f32,
    /// Extreme shapes: lists of strokes, which are lists of knots. What is drawn is a mixture of them, so
    /// they have as many strokes as each other, and as many knots in each.
    pub(super) shapes: &'static [&'static [&'static [(i8, i8)]]],
}

/// The ways of writing 0 to 9.
pub(super) const WAYS: [&[Way]; 10] = [
    low::ZERO,
    low::ONE,
    low::TWO,
    low::THREE,
    low::FOUR,
    high::FIVE,
    high::SIX,
    high::SEVEN,
    high::EIGHT,
    high::NINE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_a_way_have_the_same_strokes_and_knots() {
        for way in WAYS.into_iter().flatten() {
            let layout = |shape: &[&[(i8, i8)]]| shape.iter().map(|knots| knots.len()).collect::<Vec<_>>();
            let first = layout(way.shapes[0]);
            assert!(first.iter().all(|&knots| knots > 1));
            assert!(way.shapes.iter().all(|shape| layout(shape) == first), "{:?}", way.shapes[0]);
        }
    }
}
