//! The hand: chooses a way of writing and writes it with its own slant, proportions and unsteadiness.

use super::dice::Dice;
use super::stroke::{Point, Stroke};
use super::ways::Way;

/// Writes a digit in one of its `ways`, as strokes around the origin about 2 high.
pub(super) fn write(ways: &[Way], dice: &mut Dice) -> Vec<Stroke> {
    let mut strokes = blend(choose(ways, dice), dice);
    shake(&mut strokes, dice);
    distort(&mut strokes, dice);
    strokes
}

/// One of the ways, each as likely as its weight says.
fn choose<'a>(ways: &'a [Way], dice: &mut Dice) -> &'a Way {
    let mut ticket = dice.unit() * ways.iter().map(|way| way.weight).sum::<f32>();
    let drawn = ways.iter().find(|way| {
        ticket -= way.weight;
        ticket < 0.0
    });
    drawn.unwrap_or(&ways[0])
}

/// A random mixture of the way's shapes. Fourth powers make it more often nearly one of them than their mean.
fn blend(way: &Way, dice: &mut Dice) -> Vec<Stroke> {
    let mut share = || {
        let share = 0.02 + dice.unit();
        share * share * share * share
    };
    let shares: Vec<f32> = way.shapes.iter().map(|_| share()).collect();
    let total: f32 = shares.iter().sum();
    let mut strokes: Vec<Stroke> = way.shapes[0].iter().map(|knots| vec![[0.0, 0.0]; knots.len()]).collect();
    for (shape, share) in way.shapes.iter().zip(shares) {
        for (knot, &(x, y)) in strokes.iter_mut().flatten().zip(shape.iter().copied().flatten()) {
            knot[0] += share / total * f32::from(x);
            knot[1] += share / total * f32::from(y);
        }
    }
    strokes
}

/// Moves every knot a little. The two knots of a corner move together, so that it stays one.
fn shake(strokes: &mut [Stroke], dice: &mut Dice) {
    let spread = dice.between(2.5, 7.0);
    for stroke in strokes.iter_mut() {
        let mut last = None;
        for knot in stroke.iter_mut() {
            let written = *knot;
            *knot = match last {
                Some((corner, moved)) if corner == written => moved,
                _ => written.map(|coordinate| coordinate + spread * dice.bell()),
            };
            last = Some((written, *knot));
        }
        lengthen(stroke, dice);
    }
}

/// Lets the stroke begin and end a little early or late.
fn lengthen(stroke: &mut Stroke, dice: &mut Dice) {
    let last = stroke.len() - 1;
    for (end, next) in [(0, 1), (last, last - 1)] {
        let part = 0.18 * dice.bell();
        stroke[end] = [0, 1].map(|axis| stroke[end][axis] + part * (stroke[end][axis] - stroke[next][axis]));
    }
}

/// Gives the whole digit a smooth bend (a random polynomial of third degree), a width, a slant and a turn.
fn distort(strokes: &mut [Stroke], dice: &mut Dice) {
    let bend: [f32; 8] = std::array::from_fn(|_| 0.13 * dice.bell());
    let width = 1.0 + 0.22 * dice.bell();
    let slant = 0.12 + 0.27 * dice.bell();
    let (sin, cos) = turn(0.05 * dice.bell());
    for knot in strokes.iter_mut().flatten() {
        let [x, y]: Point = [(knot[0] - 35.0) / 50.0, (knot[1] - 50.0) / 50.0];
        let u = x + bend[0] * y * y + bend[1] * x * y + bend[2] * x * x + bend[3] * y * y * y;
        let v = y + bend[4] * x * x + bend[5] * x * y + bend[6] * y * y + bend[7] * x * x * x;
        let u = width * u - slant * v;
        *knot = [cos * u - sin * v, sin * u + cos * v];
    }
}

/// Sine and cosine of twice the angle whose tangent is `t`: a rotation without trigonometric functions, whose
/// last bit depends on the platform.
fn turn(t: f32) -> (f32, f32) {
    (2.0 * t / (1.0 + t * t), (1.0 - t * t) / (1.0 + t * t))
}
