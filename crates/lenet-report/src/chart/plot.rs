//! [`Plot`]: lines through points, whose values a reader can look up.

use maud::{Markup, html};

use super::axis::Axis;
use super::{BAND, series_class, standalone};

/// Size of the plot, and the box of its lines: left, right, top, bottom.
const SIZE: (f64, f64) = (340.0, 210.0);
const BOX: [f64; 4] = [46.0, 320.0, 8.0, 176.0];
/// Height of the name of a line in a file of its own.
const ROW: f64 = 14.0;
/// A line has no more points than this: others are left out evenly.
const MOST_POINTS: usize = 240;
/// The points of a line of no more than this number are marked, and have their values as titles.
const MOST_MARKS: usize = 30;

/// A plot of lines over numbers, such as steps or seconds.
///
/// Each line carries its values in the attribute `data-values`, from which a script can show the values under the
/// pointer.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// Description of the plot for screen readers.
    pub label: String,
    /// Label of the horizontal axis.
    pub x: String,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    pub log: bool,
    /// Whether the vertical axis includes zero.
    pub from_zero: bool,
    /// The lines.
    pub lines: Vec<PlotLine>,
}

/// A line of a [`Plot`].
#[derive(Clone, Debug, Default)]
pub struct PlotLine {
    /// Index of the series, which determines its colour; `None` for a limit.
    pub series: Option<usize>,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// Its name, shown beside its values.
    pub name: String,
    /// Its points in ascending order of their first number. A number that is not finite leaves a gap.
    pub points: Vec<(f64, f64)>,
}

impl Plot {
    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.points.iter().all(|(_, y)| !y.is_finite()))
    }

    /// The plot as an SVG element for a page with [`STYLE`](super::STYLE).
    pub fn svg(&self) -> Markup {
        let (width, height) = SIZE;
        let scale = Scale::of(self);
        html! {
            svg.plot viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(self.label) tabindex="0"
                data-x=(self.x) {
                (scale.axes(&self.x))
                @for line in &self.lines { (draw(line, &scale)) }
            }
        }
    }
}

impl Plot {
    /// The plot as an SVG file of its own, which follows the light or dark mode of the viewer.
    pub fn document(&self) -> String {
        let (width, height) = SIZE;
        let names = if self.lines.len() > 1 { self.lines.len() } else { 0 };
        let height = height + ROW * names as f64;
        let scale = Scale::of(self);
        let content = html! {
            rect.ground width=(width) height=(height) {}
            (scale.axes(&self.x))
            @for line in &self.lines { (draw(line, &scale)) }
            @if names > 0 { (self.names()) }
        };
        standalone(width, height, &self.label, &content).into_string() + "\n"
    }
}

impl Plot {
    /// The names of the lines in their colours, a row for each, below the plot.
    fn names(&self) -> Markup {
        let ([start, ..], (_, height)) = (BOX, SIZE);
        html! {
            @for (row, line) in self.lines.iter().enumerate() {
                @let y = height + 6.0 + ROW * row as f64;
                @let class = line.series.map_or(BAND.into(), series_class);
                path class=(class) d={ "M" (start) " " (y - 3.5) "h14" } {}
                text x=(start + 19.0) y=(y) { (line.name) }
            }
        }
    }
}

fn draw(line: &PlotLine, scale: &Scale) -> Markup {
    let every = line.points.len().div_ceil(MOST_POINTS).max(1);
    // Counted from the last point, which is always drawn.
    let kept = line.points.iter().rev().step_by(every).rev().copied();
    let (mut d, mut values, mut marks, mut pen) = (String::new(), Vec::new(), Vec::new(), 'M');
    for (x, y) in kept {
        let Some((left, top)) = scale.place(x, y) else {
            pen = 'M';
            continue;
        };
        d += &format!("{pen}{left:.1} {top:.1}");
        pen = 'L';
        values.push(format!("{} {}", number(x), number(y)));
        marks.push((left, top, format!("{}: {} at {}", line.name, number(y), number(x))));
    }
    let class = line.series.map_or(BAND.into(), series_class) + if line.dashed { " dashed" } else { "" };
    let marked = line.series.is_some() && marks.len() <= MOST_MARKS;
    html! {
        path class=(class) d=(d) data-name=(line.name) data-values=(values.join(";")) { title { (line.name) } }
        @if marked {
            @for (x, y, title) in marks {
                circle class={ "fill " (class) } cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="2.4" {
                    title { (title) }
                }
            }
        }
    }
}

/// Formats a value with four significant digits.
fn number(value: f64) -> String {
    if value == 0.0 || value.fract() == 0.0 && value.abs() < 1e9 {
        return format!("{value:.0}");
    }
    let digits = (3.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Maps points to coordinates.
struct Scale {
    x: Axis,
    y: Axis,
}

impl Scale {
    fn of(plot: &Plot) -> Self {
        let points = || plot.lines.iter().flat_map(|line| line.points.iter().copied());
        let finite = || points().filter(|(x, y)| x.is_finite() && y.is_finite());
        let values = finite().map(|(_, y)| y);
        let y = match (plot.log, plot.from_zero) {
            (true, _) => Axis::logarithmic(values),
            (false, true) => Axis::linear(values.chain([0.0])),
            (false, false) => Axis::linear(values),
        };
        let places = finite().map(|(x, _)| x);
        let x = if plot.log_x { Axis::logarithmic(places) } else { Axis::linear(places.chain([0.0])) };
        Self { x, y }
    }

    fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((left(self.x.share(x)?), top(self.y.share(y)?)))
    }

    fn axes(&self, label: &str) -> Markup {
        let [start, end, _, bottom] = BOX;
        html! {
            @for (share, text) in self.y.ticks() {
                @let y = top(share);
                path.grid d={ "M" (start) " " (format!("{y:.1}")) "H" (end) } {}
                text x=(start - 5.0) y=(format!("{:.1}", y + 3.5)) class="end" { (text) }
            }
            @for (share, text) in self.x.ticks() {
                text x=(format!("{:.1}", left(share))) y=(bottom + 14.0) class="middle" { (text) }
            }
            text x=((start + end) / 2.0) y=(bottom + 28.0) class="middle" { (label) }
        }
    }
}

fn left(share: f64) -> f64 {
    let [start, end, ..] = BOX;
    start + (end - start) * share
}

fn top(share: f64) -> f64 {
    let [_, _, top, bottom] = BOX;
    bottom - (bottom - top) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64)>) -> String {
        let line = PlotLine { series: Some(0), name: "<loss>".into(), points, ..PlotLine::default() };
        Plot { lines: vec![line], ..Plot::default() }.svg().into_string()
    }

    #[test]
    fn values_are_beside_the_coordinates_in_the_same_number() {
        let svg = plot(vec![(1.0, 0.5), (2.0, f64::NAN), (3.0, 0.123_456)]);
        assert!(svg.contains("data-values=\"1 0.5;3 0.1235\""), "{svg}");
        let d = svg.split("class=\"series0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((d.matches('M').count(), d.matches('L').count()), (2, 0), "{d}");
    }

    #[test]
    fn a_long_line_keeps_its_last_point() {
        let svg = plot((0..10_000).map(|step| (f64::from(step), 1.0)).collect());
        let values = svg.split("data-values=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(values.ends_with(";9999 1") && values.split(';').count() <= MOST_POINTS);
    }

    #[test]
    fn a_file_of_its_own_has_a_ground_and_a_style() {
        let points = vec![(1e-5, 2.0), (1e-3, 1.0), (10.0, 4.0)];
        let line = PlotLine { series: Some(0), points, ..PlotLine::default() };
        let svg = Plot { log_x: true, lines: vec![line], ..Plot::default() }.document();
        assert!(
            svg.starts_with("<svg") && svg.contains("<style>") && svg.contains("class=\"ground\""),
            "{svg}"
        );
        // Two of six powers of ten from the left.
        let middle = BOX[0] + (BOX[1] - BOX[0]) / 3.0;
        assert!(svg.contains(&format!("L{middle:.1} ")), "{svg}");
    }

    #[test]
    fn a_file_with_several_lines_names_them() {
        let line =
            |name: &str| PlotLine { name: name.into(), points: vec![(1.0, 2.0)], ..PlotLine::default() };
        let svg = |lines| Plot { lines, ..Plot::default() }.document();
        assert!(svg(vec![line("one"), line("other")]).contains(">other</text>"));
        assert!(!svg(vec![line("one")]).contains(">one</text>"));
    }

    #[test]
    fn names_are_text_and_never_markup() {
        assert!(!plot(vec![(0.0, 1.0)]).contains("<loss>"));
    }

    #[test]
    fn values_have_four_significant_digits() {
        let texts = [0.0, 97.416, 1e-5 / 3.0, 70_286.4, 0.05].map(number);
        assert_eq!(texts, ["0", "97.42", "0.000003333", "70286", "0.05"]);
    }
}
