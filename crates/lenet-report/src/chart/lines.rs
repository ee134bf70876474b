//! [`LineChart`]: values over steps 1, 2, …

use maud::{Markup, html};

use super::{round_step, series_class};

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
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    fn of(chart: &LineChart) -> Self {
        let steps = chart.lines.iter().map(|line| line.values.len()).max().unwrap_or(0).max(2);
        let values = chart.lines.iter().flat_map(|line| line.values.iter().copied());
        let values: Vec<f64> =
            values.filter(|value| value.is_finite() && (!chart.log || *value > 0.0)).collect();
        let (mut low, mut high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        if values.is_empty() {
            (low, high) = (0.1, 1.0);
        }
        if chart.log {
            (low, high) = (low.log10().floor(), high.log10().ceil());
        } else {
            (low, high) = (low.min(0.0), high.max(0.0)); // The axis includes zero, so that heights can be compared.
        }
        if high <= low {
            high = low + 1.0;
        }
        Self { steps: steps as f64, low, high, log: chart.log }
    }

    fn x(&self, step: f64) -> f64 {
        let (left, right, ..) = MARGINS;
        left + (SIZE.0 - left - right) * (step - 1.0) / (self.steps - 1.0)
    }

    /// `None` for a value that is not finite. On a logarithmic axis 0 lies at the bottom.
    fn y(&self, value: f64) -> Option<f64> {
        let level = match self.log {
            true if value > 0.0 => value.log10().max(self.low),
            true if value == 0.0 => self.low,
            true => return None,
            false => value,
        };
        level.is_finite().then(|| self.height(level))
    }

    fn height(&self, level: f64) -> f64 {
        let (_, _, top, bottom) = MARGINS;
        SIZE.1 - bottom - (SIZE.1 - top - bottom) * (level - self.low) / (self.high - self.low)
    }

    fn axes(&self, label: &str) -> Markup {
        let (left, right, ..) = MARGINS;
        let (end, bottom) = (SIZE.0 - right, SIZE.1 - MARGINS.3);
        html! {
            @for (level, text) in self.ticks() {
                @let y = format!("{:.1}", self.height(level));
                path.grid d={ "M" (left) " " (y) "H" (end) } {}
                text x=(left - 5.0) y=(format!("{:.1}", self.height(level) + 3.5)) class="end" { (text) }
            }
            text x=(left) y=(bottom + 13.0) class="middle" { "1" }
            text x=(end) y=(bottom + 13.0) class="middle" { (self.steps) }
            text x=((left + end) / 2.0) y=(bottom + 26.0) class="middle" { (label) }
        }
    }

    /// About five levels with their labels: whole powers of ten on a logarithmic axis, else round numbers.
    fn ticks(&self) -> Vec<(f64, String)> {
        let range = self.high - self.low;
        if self.log {
            let every = (range / 4.0).ceil().max(1.0);
            let powers = (0..=range as u32).map(f64::from).filter(|power| power % every == 0.0);
            return powers.map(|power| (self.low + power, format!("1e{}", self.low + power))).collect();
        }
        let every = round_step(range / 4.0);
        let digits = (-every.log10().floor()).max(0.0) as usize;
        let [first, last] = [(self.low / every).ceil(), (self.high / every).floor()];
        let count = (last - first) as u32;
        let levels = (0..=count).map(|tick| (first + f64::from(tick)) * every);
        levels.map(|level| (level, format!("{level:.digits$}"))).collect()
    }
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
            assert!(scale.high > scale.low && scale.x(1.0).is_finite());
        }
    }

    #[test]
    fn a_linear_axis_has_zero_and_round_numbers() {
        let ticks = Scale::of(&chart(false, &[2.31, 0.47, 1.2])).ticks();
        assert_eq!(ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), ["0", "1", "2"]);
    }
}
