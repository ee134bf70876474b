//! The plots: for each case one, with a line for each subject and the band that they should stay below.

use super::super::protocol::{Curve, Series};
use super::super::report::Report;
use super::escape;

/// The plot's size, and that of its margins: left, right, top, bottom.
const SIZE: (f64, f64) = (340.0, 210.0);
const MARGINS: (f64, f64, f64, f64) = (46.0, 10.0, 8.0, 34.0);

/// So many classes for lines there are in style.css.
const COLOURS: usize = 8;

/// The name of a series that the others should stay below.
const BAND: &str = "band";

/// A line of a plot, and who it is of; bands are of nobody.
struct Line<'a> {
    subject: Option<usize>,
    name: String,
    series: &'a Series,
}

/// The lines of all subjects for one case.
struct Plot<'a> {
    curve: &'a Curve,
    lines: Vec<Line<'a>>,
}

/// All plots, those of one kind together, and which colour is which subject's.
pub fn render(report: &Report) -> String {
    let plots = plots(report);
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for kind in plots.iter().map(Plot::kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let group = |kind: &(&str, &str)| {
        let figures = plots.iter().filter(|plot| plot.kind() == *kind).map(figure);
        format!(
            "<h3>{} <span class=\"muted\">{}</span></h3>\n<div class=\"plots\">\n{}</div>\n",
            escape(kind.0),
            escape(kind.1),
            figures.collect::<String>()
        )
    };
    let groups: String = kinds.iter().map(group).collect();
    if groups.is_empty() { groups } else { legend(report) + &groups }
}

fn plots(report: &Report) -> Vec<Plot<'_>> {
    let mut plots: Vec<Plot> = Vec::new();
    for (index, subject) in report.subjects.iter().enumerate() {
        for curve in &subject.curves {
            let is_it = |plot: &Plot| plot.curve.case == curve.case && plot.kind() == kind(curve);
            let position = plots.iter().position(is_it).unwrap_or_else(|| {
                plots.push(Plot { curve, lines: Vec::new() });
                plots.len() - 1
            });
            add(&mut plots[position].lines, curve, index, &subject.name);
        }
    }
    plots
}

/// The rung, and what is seen.
fn kind(curve: &Curve) -> (&str, &str) {
    (&curve.rung, &curve.title)
}

impl Plot<'_> {
    fn kind(&self) -> (&str, &str) {
        kind(self.curve)
    }
}

/// Adds a subject's lines. Bands that coincide are drawn once.
fn add<'a>(lines: &mut Vec<Line<'a>>, curve: &'a Curve, subject: usize, name: &str) {
    for series in &curve.series {
        let is_band = series.name == BAND;
        if is_band && lines.iter().any(|line| line.series == series) {
            continue;
        }
        let subject = (!is_band).then_some(subject);
        let name = match series.name.as_str() {
            BAND => format!("band of {name}"),
            own if own == name => name.to_owned(),
            own => format!("{name}: {own}"),
        };
        lines.push(Line { subject, name, series });
    }
}

fn legend(report: &Report) -> String {
    let with_curves = report.subjects.iter().enumerate().filter(|(_, subject)| !subject.curves.is_empty());
    let names = with_curves.map(|(index, subject)| {
        format!("<span><i class=\"line{}\"></i>{}</span>", index % COLOURS, escape(&subject.name))
    });
    format!("<p class=\"legend\">{} <span><i class=\"band\"></i>band</span></p>\n", names.collect::<String>())
}

fn figure(Plot { curve, lines }: &Plot) -> String {
    let scale = Scale::of(curve, lines);
    let paths: String = lines.iter().map(|line| path(line, &scale)).collect();
    let (width, height) = SIZE;
    format!(
        "<figure><figcaption>{}</figcaption>\n\
        <svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n{}{paths}</svg></figure>\n",
        escape(&curve.case),
        escape(format!("{}, {}", curve.case, curve.title)),
        scale.axes(curve),
    )
}

fn path(line: &Line, scale: &Scale) -> String {
    let mut d = String::new();
    let mut pen = 'M';
    for (index, value) in line.series.values.iter().enumerate() {
        let Some(y) = scale.y(value.0) else {
            pen = 'M'; // What is no number leaves a gap.
            continue;
        };
        d += &format!("{pen}{:.1} {y:.1}", scale.x(index as f64 + 1.0));
        pen = 'L';
    }
    let class = line.subject.map_or(BAND.into(), |subject| format!("line{}", subject % COLOURS));
    format!("<path class=\"{class}\" d=\"{d}\"><title>{}</title></path>\n", escape(&line.name))
}

/// From values to places of the picture.
struct Scale {
    steps: f64,
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    fn of(curve: &Curve, lines: &[Line]) -> Self {
        let steps = lines.iter().map(|line| line.series.values.len()).max().unwrap_or(0).max(2);
        let values = lines.iter().flat_map(|line| line.series.values.iter().map(|value| value.0));
        let values: Vec<f64> =
            values.filter(|value| value.is_finite() && (!curve.log || *value > 0.0)).collect();
        let (mut low, mut high) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        if values.is_empty() {
            (low, high) = (0.1, 1.0);
        }
        if curve.log {
            (low, high) = (low.log10().floor(), high.log10().ceil());
        } else {
            (low, high) = (low.min(0.0), high.max(0.0)); // Zero is in sight, so that heights compare.
        }
        if high <= low {
            high = low + 1.0;
        }
        Self { steps: steps as f64, low, high, log: curve.log }
    }

    fn x(&self, step: f64) -> f64 {
        let (left, right, ..) = MARGINS;
        left + (SIZE.0 - left - right) * (step - 1.0) / (self.steps - 1.0)
    }

    /// `None` of what is no finite number. On a logarithmic axis 0 lies at the bottom.
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

    fn axes(&self, curve: &Curve) -> String {
        let (left, right, ..) = MARGINS;
        let (end, bottom) = (SIZE.0 - right, SIZE.1 - MARGINS.3);
        let mut svg = String::new();
        for (level, text) in self.ticks() {
            let y = self.height(level);
            svg += &format!("<path class=\"grid\" d=\"M{left} {y:.1}H{end}\"/>");
            svg += &format!("<text x=\"{}\" y=\"{:.1}\" class=\"end\">{text}</text>\n", left - 5.0, y + 3.5);
        }
        for step in [1.0, self.steps] {
            let x = self.x(step);
            svg += &format!("<text x=\"{x:.1}\" y=\"{}\" class=\"middle\">{step}</text>", bottom + 14.0);
        }
        let middle = (left + end) / 2.0;
        svg += &format!(
            "<text x=\"{middle}\" y=\"{}\" class=\"middle\">{}</text>",
            bottom + 26.0,
            escape(&curve.x)
        );
        format!("<title>{}</title>\n{svg}\n", escape(&curve.y))
    }

    /// About five, at whole powers of ten where the axis is logarithmic, else at round numbers.
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

/// The next of …, 0.5, 1, 2, 5, 10, … that is not smaller.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0].map(|factor| factor * power);
    round.into_iter().find(|round| *round >= step).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::super::super::protocol::Real;
    use super::super::super::sample;
    use super::*;

    #[test]
    fn subjects_share_the_plot_of_a_case_and_a_common_band_is_drawn_once() {
        let html = render(&sample::report());
        assert_eq!(html.matches("<figure>").count(), 1);
        assert_eq!(html.matches("<path class=\"band\"").count(), 1);
        assert!(html.contains("<path class=\"line0\"") && html.contains("<path class=\"line1\""));
    }

    #[test]
    fn zero_lies_at_the_bottom_of_a_logarithmic_axis_and_nan_is_a_gap() {
        let report = sample::report();
        let curve = &report.subjects[0].curves[0];
        let series = Series { name: "flex".into(), values: [1e-8, f64::NAN, 1e-6, 0.0].map(Real).into() };
        let line = Line { subject: Some(0), name: "flex".into(), series: &series };
        let scale = Scale::of(curve, std::slice::from_ref(&line));
        assert_eq!(scale.y(0.0), scale.y(1e-8));
        assert_eq!(scale.y(1e-6), Some(MARGINS.2));
        assert_eq!(path(&line, &scale).matches('M').count(), 2);
    }

    #[test]
    fn a_plot_of_a_constant_or_of_nothing_has_a_scale() {
        let report = sample::report();
        let curve = Curve { log: false, ..report.subjects[0].curves[0].clone() };
        for values in [vec![], vec![Real(2.0)]] {
            let series = Series { name: "flex".into(), values };
            let line = Line { subject: None, name: String::new(), series: &series };
            let scale = Scale::of(&curve, std::slice::from_ref(&line));
            assert!(scale.high > scale.low && scale.x(1.0).is_finite());
        }
    }

    #[test]
    fn a_linear_axis_has_zero_and_round_numbers() {
        let report = sample::report();
        let curve = Curve { log: false, ..report.subjects[0].curves[0].clone() };
        let series = Series { name: "flex".into(), values: [2.31, 0.47, 1.2].map(Real).into() };
        let line = Line { subject: None, name: String::new(), series: &series };
        let texts = Scale::of(&curve, std::slice::from_ref(&line)).ticks().into_iter().map(|(_, text)| text);
        assert_eq!(texts.collect::<Vec<_>>(), ["0", "1", "2"]);
        assert_eq!([0.21, 0.5, 0.9, 6.0].map(round_step), [0.5, 0.5, 1.0, 10.0]);
    }
}
