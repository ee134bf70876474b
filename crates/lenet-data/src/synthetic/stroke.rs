//! Strokes: knots that the pen passes through, and the smooth curve through them.

/// A point `[x, y]`, x to the right and y down.
pub(super) type Point = [f32; 2];

/// The knots of one stroke of the pen; two equal knots in a row are a corner.
pub(super) type Stroke = Vec<Point>;

/// Number of line segments that approximate the curve between two knots.
const STEPS: usize = 5;

/// Approximates the stroke by line segments, smooth except at corners. `speed` is the curvature between
/// knots: 0 gives straight lines, 1 nearly circular arcs.
pub(super) fn flatten(stroke: &Stroke, speed: f32) -> Vec<Point> {
    let mut line = Vec::with_capacity(1 + STEPS * stroke.len());
    for piece in stroke.chunk_by(|a, b| a != b) {
        line.push(piece[0]);
        let velocities = velocities(piece, speed);
        for (ends, v) in piece.windows(2).zip(velocities.windows(2)) {
            let [a, b] = [ends[0], ends[1]];
            let length = distance(a, b);
            line.extend((1..=STEPS).map(|step| {
                let t = step as f32 / STEPS as f32;
                hermite(a, b, scale(v[0], length), scale(v[1], length), t)
            }));
        }
    }
    line
}

/// The direction of the curve at each knot, times `speed`: the tangent of the parabola through the knot and
/// its two neighbours, and at the two ends the direction for which the curvature is 0.
fn velocities(knots: &[Point], speed: f32) -> Vec<Point> {
    let directions: Vec<Point> =
        knots.windows(2).map(|w| scale(sub(w[1], w[0]), 1.0 / distance(w[0], w[1]))).collect();
    let (Some(&first), Some(&last)) = (directions.first(), directions.last()) else {
        return vec![[0.0, 0.0]; knots.len()];
    };
    let mut inner: Vec<Point> = Vec::with_capacity(knots.len());
    inner.push(first);
    for (w, d) in knots.windows(3).zip(directions.windows(2)) {
        let (before, after) = (distance(w[0], w[1]), distance(w[1], w[2]));
        let share = after / (before + after);
        inner.push(scale(add(scale(d[0], share), scale(d[1], 1.0 - share)), speed));
    }
    inner.push(last);
    let end = inner.len() - 1;
    if end > 1 {
        inner[0] = sub(scale(first, 1.5), scale(inner[1], 0.5));
        inner[end] = sub(scale(last, 1.5), scale(inner[end - 1], 0.5));
    }
    inner
}

/// The cubic Hermite curve from `a` with velocity `va` (t = 0) to `b` with velocity `vb` (t = 1), at `t`.
fn hermite(a: Point, b: Point, va: Point, vb: Point, t: f32) -> Point {
    let rest = 1.0 - t;
    let from = rest * rest * (1.0 + 2.0 * t);
    std::array::from_fn(|i| from * a[i] + (1.0 - from) * b[i] + t * rest * (rest * va[i] - t * vb[i]))
}

fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

fn scale(a: Point, factor: f32) -> Point {
    [factor * a[0], factor * a[1]]
}

/// The distance of two points, at least 1e-6, so that it can be a divisor.
pub(super) fn distance(a: Point, b: Point) -> f32 {
    let [x, y] = sub(a, b);
    (x * x + y * y).sqrt().max(1e-6)
}
