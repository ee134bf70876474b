//! A plot as text, for a terminal.

use super::print::print_text;
use super::terminal;

/// Height of the plot in lines, and its largest width in columns.
const HEIGHT: usize = 8;
const WIDEST: usize = 76;
/// A narrower window shows no plot.
const NARROWEST: usize = 30;
/// Dots of a character of Unicode's Braille patterns.
const DOTS: [usize; 2] = [2, 4];
/// Bit of each dot, by row and column.
const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// A line through points, over an axis that may be logarithmic.
pub(super) struct TextPlot<'a> {
    pub(super) title: &'a str,
    /// Points in ascending order of their first number; those that are not finite are left out.
    pub(super) points: &'a [(f64, f64)],
    pub(super) log_x: bool,
    pub(super) log_y: bool,
}

impl TextPlot<'_> {
    /// Prints the plot if standard output is a terminal that is wide enough.
    pub(super) fn print(&self) -> anyhow::Result<()> {
        match terminal::width().and_then(|width| self.lines(width)) {
            Some(lines) => print_text(lines.join("\n")),
            None => Ok(()),
        }
    }

    /// The lines for a window of `width` columns; `None` if it is too narrow, or for fewer than two points.
    fn lines(&self, width: usize) -> Option<Vec<String>> {
        let level = |value: f64, log: bool| if log { value.log10() } else { value };
        let levels = self.points.iter().map(|(x, y)| (level(*x, self.log_x), level(*y, self.log_y)));
        let points: Vec<(f64, f64)> = levels.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let (first, last) = (points.first()?.0, points.last()?.0);
        if points.len() < 2 || first >= last || width < NARROWEST {
            return None;
        }
        let values = || points.iter().map(|(_, y)| *y);
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        let value = |level: f64, log: bool| number(if log { 10f64.powf(level) } else { level });
        let labels = [value(high, self.log_y), value(low, self.log_y)];
        let margin = labels.iter().map(String::len).max()?;
        let columns = width.min(WIDEST) - margin - 2;

        let mut canvas = Canvas { columns, cells: vec![0; columns * HEIGHT] };
        let share =
            |value: f64, low: f64, high: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
        canvas.draw(points.iter().map(|(x, y)| [share(*x, first, last), share(*y, low, high)]));

        let mut lines = vec![self.title.to_owned()];
        for row in 0..HEIGHT {
            let label = match row {
                0 => &labels[0],
                row if row == HEIGHT - 1 => &labels[1],
                _ => "",
            };
            lines.push(format!("{label:>margin$} │{}", canvas.row(row)));
        }
        let (start, end) = (value(first, self.log_x), value(last, self.log_x));
        let gap = columns.saturating_sub(start.len());
        lines.push(format!("{:margin$} └{}", "", "─".repeat(columns)));
        lines.push(format!("{:margin$}  {start}{end:>gap$}", ""));
        Some(lines)
    }
}

/// Characters of dots, row by row.
struct Canvas {
    columns: usize,
    cells: Vec<u32>,
}

impl Canvas {
    /// Draws a line through places in 0..=1, from the lower left.
    fn draw(&mut self, places: impl Iterator<Item = [f64; 2]>) {
        let (width, height) = (self.columns * DOTS[0], HEIGHT * DOTS[1]);
        let dot = |[x, y]: [f64; 2]| [x * (width - 1) as f64, (1.0 - y) * (height - 1) as f64];
        let mut before: Option<[f64; 2]> = None;
        for here in places.map(dot) {
            let from = before.unwrap_or(here);
            let steps =
                (0..2).map(|axis| (here[axis] - from[axis]).abs()).fold(1.0, f64::max).ceil() as usize;
            for step in 0..=steps {
                let at = [0, 1].map(|axis| {
                    (from[axis] + (here[axis] - from[axis]) * step as f64 / steps as f64).round() as usize
                });
                self.set(at);
            }
            before = Some(here);
        }
    }

    fn set(&mut self, [x, y]: [usize; 2]) {
        if let Some(cell) = self.cells.get_mut(y / DOTS[1] * self.columns + x / DOTS[0]) {
            *cell |= BITS[y % DOTS[1]][x % DOTS[0]];
        }
    }

    fn row(&self, row: usize) -> String {
        let cells = &self.cells[row * self.columns..][..self.columns];
        let text: String = cells.iter().filter_map(|bits| char::from_u32(0x2800 + bits)).collect();
        text.trim_end_matches('\u{2800}').to_owned()
    }
}

/// A number with three digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.1e}"),
        size if size >= 1e3 || value.fract() == 0.0 => format!("{value:.0}"),
        size => format!("{value:.*}", (2.0 - size.log10().floor()).clamp(0.0, 5.0) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, f64)], width: usize) -> Option<Vec<String>> {
        TextPlot { title: "loss", points, log_x: false, log_y: false }.lines(width)
    }

    #[test]
    fn a_falling_line_goes_from_the_upper_left_to_the_lower_right() {
        let lines = plot(&[(1.0, 2.0), (100.0, 0.5)], 40).unwrap();
        assert_eq!(lines[0], "loss");
        assert!(lines[1].starts_with("    2 │⠉"), "{lines:#?}");
        assert!(lines[8].starts_with("0.500 │"), "{lines:#?}");
        assert_eq!(lines[8].chars().count(), 40, "{lines:#?}");
        assert!(lines[10].ends_with("100") && lines[10].contains(" 1 "), "{lines:#?}");
    }

    #[test]
    fn no_line_is_wider_than_the_window_and_a_narrow_one_has_none() {
        let points: Vec<(f64, f64)> = (1..1000).map(|x| (f64::from(x), f64::from(x % 7))).collect();
        for width in [30, 47, 80, 200] {
            let lines = plot(&points, width).unwrap();
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:#?}");
        }
        assert_eq!(plot(&points, 29), None);
    }

    #[test]
    fn a_constant_is_a_line_and_points_that_are_not_finite_are_left_out() {
        let lines = plot(&[(1.0, 2.0), (2.0, f64::NAN), (3.0, 2.0)], 40).unwrap();
        assert_eq!(
            lines.iter().filter(|line| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))).count(),
            1
        );
        assert_eq!(plot(&[(1.0, 2.0), (2.0, f64::NAN)], 40), None);
    }
}
