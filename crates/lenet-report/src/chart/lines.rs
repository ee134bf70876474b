//! [`LineChart`]: values over steps 1, 2, …

use maud::{Markup, html};

use super::axis::Axis;
use super::series_class;

/// Size of the chart, and its margins: left, right, top, bottom.
const SIZE: (f64, f64) = (340.0, 210.0);
const MARGINS: (f64, f64, f64, f64) = (46.0, 10.0, 8.0, 34.0);

/// CSS class of a line that is a limit for the others.
pub const BAND: &str = "band";

/// A chart of lines over the steps 1, 2, …
#[derive(Clone, Debug, Default)]
pub struct LineChart {
    /// Description of the chart for screen readers.
    pub label: String,
    /// Label of the horizontal axis.
    pub x: String,
    /// Label of the vertical axis.
    pub y: String,
    /// Whether the vertical axis is logarithmic.
    pub log: bool,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a [`LineChart`].
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Index of the series, which determines its colour; `None` for a limit.
    pub series: Option<usize>,
    /// Its name, shown under the pointer.
    pub name: String,
    /// Its values at the steps 1, 2, … A value that is not finite leaves a gap.
    pub values: Vec<f64>,
}

impl LineChart {
    /// The chart as an SVG element for a page with [`STYLE`](super::STYLE).
    pub fn svg(&self) -> Markup {
        let scale = Scale::of(self);
        let (width, height) = SIZE;
        html! {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(self.label) {
                title { (self.y) }
                (scale.axes(&self.x))
                @for line in &self.lines { (path(line, &scale)) }
            }
        }
    }
}

fn path(line: &Line, scale: &Scale) -> Markup {
    let mut d = String::new();
    let mut pen = 'M';
    for (index, value) in line.values.iter().enumerate() {
        let Some(y) = scale.y(*value) else {
            pen = 'M';
            continue;
        };
        d += &format!("{pen}{:.1} {y:.1}", scale.x(index as f64 + 1.0));
        pen = 'L';
    }
    let class = line.series.map_or(BAND.into(), series_class);
    html! { path class=(class) d=(d) { title { (line.name) } } }
}

/// Maps steps and values to coordinates.
struct Scale {
    steps: f64,
    axis: Axis,
}

impl Scale {
    fn of(chart: &LineChart) -> Self {
        let steps = chart.lines.iter().map(|line| line.values.len()).max().unwrap_or(0).max(2);
        let values = chart.lines.iter().flat_map(|line| line.values.iter().copied());
        // The axis includes zero, so that heights can be compared.
        let axis = if chart.log { Axis::logarithmic(values) } else { Axis::linear(values.chain([0.0])) };
        Self { steps: steps as f64, axis }
    }

    fn x(&self, step: f64) -> f64 {
        let (left, right, ..) = MARGINS;
        left + (SIZE.0 - left - right) * (step - 1.0) / (self.steps - 1.0)
    }

    /// `None` for a value that is not finite. On a logarithmic axis 0 lies at the bottom.
    fn y(&self, value: f64) -> Option<f64> {
        self.axis.share(value).map(height)
    }

    fn axes(&self, label: &str) -> Markup {
        let (left, right, ..) = MARGINS;
        let (end, bottom) = (SIZE.0 - right, SIZE.1 - MARGINS.3);
        html! {
            @for (share, text) in self.axis.ticks() {
                @let y = format!("{:.1}", height(share));
                path.grid d={ "M" (left) " " (y) "H" (end) } {}
                text x=(left - 5.0) y=(format!("{:.1}", height(share) + 3.5)) class="end" { (text) }
            }
            text x=(left) y=(bottom + 13.0) class="middle" { "1" }
            text x=(end) y=(bottom + 13.0) class="middle" { (self.steps) }
            text x=((left + end) / 2.0) y=(bottom + 26.0) class="middle" { (label) }
        }
    }
}

/// Vertical coordinate of a share of the axis.
fn height(share: f64) -> f64 {
    let (_, _, top, bottom) = MARGINS;
    SIZE.1 - bottom - (SIZE.1 - top - bottom) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(log: bool, values: &[f64]) -> LineChart {
        let line = Line { series: Some(0), name: "flex".into(), values: values.into() };
        LineChart { log, lines: vec![line], ..LineChart::default() }
    }

    #[test]
    fn zero_lies_at_the_bottom_of_a_logarithmic_axis_and_nan_is_a_gap() {
        let chart = chart(true, &[1e-8, f64::NAN, 1e-6, 0.0]);
        let scale = Scale::of(&chart);
        assert_eq!(scale.y(0.0), scale.y(1e-8));
        assert_eq!(scale.y(1e-6), Some(MARGINS.2));
        let path = path(&chart.lines[0], &scale).into_string();
        assert_eq!(path.matches('M').count(), 2, "{path}");
    }

    #[test]
    fn a_chart_of_a_constant_or_of_nothing_has_a_scale() {
        for values in [&[][..], &[2.0]] {
            let scale = Scale::of(&chart(false, values));
            assert!(scale.y(2.0).is_some_and(f64::is_finite) && scale.x(1.0).is_finite());
        }
    }

    #[test]
    fn a_linear_axis_has_zero_and_round_numbers() {
        let ticks = Scale::of(&chart(false, &[2.31, 0.47, 1.2])).axis.ticks();
        assert_eq!(ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), ["0", "1", "2"]);
    }
}
