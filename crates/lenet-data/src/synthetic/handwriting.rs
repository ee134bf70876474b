//! Handwriting: chooses a glyph and varies its shape, proportions and slant at random.

use super::glyphs::Glyph;
use super::rng::GlyphRng;
use super::stroke::{Point, Stroke};

/// The strokes of a random variant of one of `glyphs`, around the origin and about 2 high.
pub(super) fn write(glyphs: &[Glyph], rng: &mut GlyphRng) -> Vec<Stroke> {
    let mut strokes = blend(choose(glyphs, rng), rng);
    shake(&mut strokes, rng);
    distort(&mut strokes, rng);
    strokes
}

/// Draws one of the glyphs with a probability proportional to its weight.
fn choose<'a>(glyphs: &'a [Glyph], rng: &mut GlyphRng) -> &'a Glyph {
    let mut ticket = rng.unit() * glyphs.iter().map(|glyph| glyph.weight).sum::<f32>();
    let drawn = glyphs.iter().find(|glyph| {
        ticket -= glyph.weight;
        ticket < 0.0
    });
    drawn.unwrap_or(&glyphs[0])
}

/// A random mixture of the glyph's shapes. Fourth powers of the uniform shares favour mixtures close to a
/// single shape.
fn blend(glyph: &Glyph, rng: &mut GlyphRng) -> Vec<Stroke> {
    let mut share = || {
        let share = 0.02 + rng.unit();
        share * share * share * share
    };
    let shares: Vec<f32> = glyph.shapes.iter().map(|_| share()).collect();
    let total: f32 = shares.iter().sum();
    let mut strokes: Vec<Stroke> =
        glyph.shapes[0].iter().map(|knots| vec![[0.0, 0.0]; knots.len()]).collect();
    for (shape, share) in glyph.shapes.iter().zip(shares) {
        for (knot, &(x, y)) in strokes.iter_mut().flatten().zip(shape.iter().copied().flatten()) {
            knot[0] += share / total * f32::from(x);
            knot[1] += share / total * f32::from(y);
        }
    }
    strokes
}

/// Moves every knot a little. The two knots of a corner move together, so that it stays a corner.
fn shake(strokes: &mut [Stroke], rng: &mut GlyphRng) {
    let spread = rng.between(2.5, 7.0);
    for stroke in strokes.iter_mut() {
        let mut last = None;
        for knot in stroke.iter_mut() {
            let written = *knot;
            *knot = match last {
                Some((corner, moved)) if corner == written => moved,
                _ => written.map(|coordinate| coordinate + spread * rng.bell()),
            };
            last = Some((written, *knot));
        }
        lengthen(stroke, rng);
    }
}

/// Shortens or lengthens the stroke a little at both ends.
fn lengthen(stroke: &mut Stroke, rng: &mut GlyphRng) {
    let last = stroke.len() - 1;
    for (end, next) in [(0, 1), (last, last - 1)] {
        let part = 0.18 * rng.bell();
        stroke[end] = [0, 1].map(|axis| stroke[end][axis] + part * (stroke[end][axis] - stroke[next][axis]));
    }
}

/// Distorts the whole digit: a smooth bend (a random polynomial of degree 3), a width, a slant and a
/// rotation.
fn distort(strokes: &mut [Stroke], rng: &mut GlyphRng) {
    let bend: [f32; 8] = std::array::from_fn(|_| 0.1 * rng.bell());
    let width = 1.0 + 0.22 * rng.bell();
    let slant = 0.12 + 0.23 * rng.bell();
    let (sin, cos) = rotation(0.05 * rng.bell());
    for knot in strokes.iter_mut().flatten() {
        let [x, y]: Point = [(knot[0] - 35.0) / 50.0, (knot[1] - 50.0) / 50.0];
        let u = x + bend[0] * y * y + bend[1] * x * y + bend[2] * x * x + bend[3] * y * y * y;
        let v = y + bend[4] * x * x + bend[5] * x * y + bend[6] * y * y + bend[7] * x * x * x;
        let u = width * u - slant * v;
        *knot = [cos * u - sin * v, sin * u + cos * v];
    }
}

/// Sine and cosine of twice the angle whose tangent is `t`, without trigonometric functions, whose last bit
/// depends on the platform.
fn rotation(t: f32) -> (f32, f32) {
    (2.0 * t / (1.0 + t * t), (1.0 - t * t) / (1.0 + t * t))
}
