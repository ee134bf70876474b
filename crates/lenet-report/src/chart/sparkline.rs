//! [`sparkline`]: a line without axes, for a cell of a table.

use maud::{Markup, html};

use super::axis::Axis;

/// Size in units of the view box, and the margin around the line.
const SIZE: (f64, f64) = (120.0, 30.0);
const MARGIN: f64 = 2.0;
/// A line has no more points than this: others are left out evenly.
const MOST_POINTS: usize = 60;

/// A line through `points`, in ascending order of their first number, as an SVG element of class `spark`; empty for
/// fewer than two. The vertical axis is logarithmic if `log`.
pub fn sparkline(label: &str, points: &[(f64, f64)], log: bool) -> Markup {
    // The line fills its height: an axis of whole powers of ten would flatten it.
    let points = points.iter().map(|(x, y)| (*x, if log { y.log10() } else { *y }));
    let finite: Vec<(f64, f64)> = points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let y = Axis::linear(finite.iter().map(|(_, y)| *y));
    let x = Axis::linear(finite.iter().map(|(x, _)| *x));
    let every = finite.len().div_ceil(MOST_POINTS).max(1);
    let kept = finite.iter().rev().step_by(every).rev(); // Counted from the last point, which is always drawn.
    let places = kept.filter_map(|(at, value)| Some((x.share(*at)?, y.share(*value)?)));
    let place = |(x, y): (f64, f64)| {
        let [width, height] = [SIZE.0, SIZE.1].map(|size| size - 2.0 * MARGIN);
        format!("{:.1} {:.1}", MARGIN + width * x, MARGIN + height * (1.0 - y))
    };
    let line: Vec<String> = places.map(place).collect();
    html! {
        @if line.len() > 1 {
            svg.spark viewBox={ "0 0 " (SIZE.0) " " (SIZE.1) } role="img" aria-label=(label) {
                path.series0 d={ "M" (line.join("L")) } { title { (label) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_line_goes_from_the_upper_left_to_the_lower_right() {
        let svg = sparkline("loss", &[(1.0, 2.0), (2.0, f64::NAN), (3.0, 1.0)], false).into_string();
        assert!(svg.contains("d=\"M2.0 2.0L118.0 28.0\""), "{svg}");
    }

    #[test]
    fn a_single_point_is_no_line() {
        assert_eq!(sparkline("loss", &[(1.0, 2.0)], true).into_string(), "");
    }
}
