//! Draws a [`Status`].

use indicatif::{HumanCount, HumanDuration};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, LineGauge, Paragraph};

use super::misread::Misread;
use super::status::Status;

/// Columns of the numbers beside the digits.
const NUMBERS: u16 = 34;
/// Rows of a digit at half and at full size: a character shows two pixels.
const HALF: u16 = 7;
const FULL: u16 = 14;

/// Columns with room for the epoch and the whole sentence about the key.
const WIDE_TITLE: u16 = 64;

/// Name, points and colour of a curve.
type NamedCurve<'a> = (&'static str, &'a [(f64, f64)], Color);

/// Draws the page into the whole of `frame`. What does not fit is left out.
pub(super) fn draw(status: &Status, frame: &mut Frame<'_>) {
    let area = frame.area();
    let rows = if area.height >= 36 { FULL } else { HALF };
    let bottom = Constraint::Length(rows + 3);
    let areas = Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1), bottom]);
    let [title, gauge, curves, bottom] = areas.areas(area);
    draw_title(status, frame, title);
    let label = format!("{}/{} steps", HumanCount(status.step), HumanCount(status.total_steps));
    let line = LineGauge::default().ratio(status.done()).label(label).filled_style(Color::Cyan);
    frame.render_widget(line, gauge);

    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(curves);
    let (loss, valid) = (logarithms(status.losses.points()), logarithms(status.valid_losses.points()));
    let losses = [("batch", &loss[..], Color::Cyan), ("validation", &valid[..], Color::Yellow)];
    draw_curves(status, frame, left, " loss ", &losses, |log| format!("{:.3}", 10f64.powf(log)));
    let accuracies = [("validation", status.accuracies.points(), Color::Yellow)];
    draw_curves(status, frame, right, " accuracy in % ", &accuracies, |percent| format!("{percent:.2}"));

    // Without room for a digit the numbers have the whole width.
    let digits = bottom.width.saturating_sub(NUMBERS);
    let digits = if digits >= 2 * rows + 2 { digits } else { 0 };
    let [left, right] = Layout::horizontal([Constraint::Length(digits), Constraint::Fill(1)]).areas(bottom);
    if digits > 0 {
        draw_misread(&status.misread, frame, left, rows);
    }
    let [right, rates] = Layout::vertical([Constraint::Length(8), Constraint::Fill(1)]).areas(right);
    let is_tall = rates.height >= 6;
    let numbers = if is_tall { right } else { right.union(rates) };
    draw_numbers(status, frame, numbers);
    if is_tall {
        let learning_rates = [("", status.learning_rates.points(), Color::Green)];
        draw_curves(status, frame, rates, " learning rate ", &learning_rates, |rate| format!("{rate:.1e}"));
    }
}

fn draw_title(status: &Status, frame: &mut Frame<'_>, area: Rect) {
    let keys = if area.width >= WIDE_TITLE { "q ends the training and saves it" } else { "q: end" };
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(keys.len() as u16)]).areas(area);
    let epoch = status.epoch.saturating_add(1).min(status.epochs);
    let title = Line::from(vec!["LeNet".bold(), format!("  epoch {epoch} of {}", status.epochs).into()]);
    frame.render_widget(title, left);
    frame.render_widget(Line::from(keys).dim(), right);
}

/// Curves over all steps of the training, with a vertical axis over all their values.
fn draw_curves(
    status: &Status,
    frame: &mut Frame<'_>,
    area: Rect,
    title: &'static str,
    curves: &[NamedCurve<'_>],
    number: impl Fn(f64) -> String,
) {
    let block = Block::bordered().title(title);
    let values = || curves.iter().flat_map(|(_, points, _)| points.iter().map(|point| point.1));
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        frame.render_widget(Paragraph::new("no values yet".dim()).block(block), area);
        return;
    }
    let margin = if high > low { 0.05 * (high - low) } else { 0.05 * high.abs().max(1e-9) };
    let datasets = curves.iter().map(|(name, points, colour)| {
        let dataset = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).style(*colour);
        let dataset = if name.is_empty() { dataset } else { dataset.name(*name) };
        dataset.data(points)
    });
    let style = Style::new().dim();
    let x = Axis::default().bounds([0.0, status.total_steps.max(1) as f64]).style(style);
    let y = Axis::default().bounds([low - margin, high + margin]).style(style);
    let y = y.labels([number(low), number(high)]);
    frame.render_widget(Chart::new(datasets.collect()).block(block).x_axis(x).y_axis(y), area);
}

/// The points with the decimal logarithms of their values; those that have none are left out.
fn logarithms(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let positive = points.iter().filter(|point| point.1 > 0.0);
    positive.map(|(place, value)| (*place, value.log10())).collect()
}

fn draw_numbers(status: &Status, frame: &mut Frame<'_>, area: Rect) {
    let or_none = |number: Option<String>| number.unwrap_or_else(|| "–".to_owned());
    let accuracy = status.valid.and_then(|valid| valid.1);
    let lines = [
        ("images/s", or_none(status.speed.map(|speed| HumanCount(speed as u64).to_string()))),
        ("time left", or_none(status.left().map(|left| HumanDuration(left).to_string()))),
        ("learning rate", or_none(status.learning_rate.map(|rate| format!("{rate:.2e}")))),
        ("loss", or_none(status.loss.map(|loss| format!("{loss:.4}")))),
        ("valid loss", or_none(status.valid.map(|valid| format!("{:.4}", valid.0)))),
        ("valid accuracy", or_none(accuracy.map(|accuracy| format!("{:.2} %", 100.0 * accuracy)))),
    ];
    let line = |(name, number): (&'static str, String)| {
        Line::from(vec![Span::from(format!("{name:<15}")).dim(), number.bold()])
    };
    let lines: Vec<Line<'_>> = lines.into_iter().map(line).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" now ")), area);
}

/// As many misread digits as fit side by side, each with its label and the answer below.
fn draw_misread(misread: &[Misread], frame: &mut Frame<'_>, area: Rect, rows: u16) {
    let block = Block::bordered().title(" misread in validation ");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if misread.is_empty() {
        frame.render_widget(Paragraph::new("none yet".dim()), inner);
        return;
    }
    let (columns, mut left) = (2 * rows, inner.x);
    for digit in misread {
        if left + columns > inner.right() || inner.height <= rows {
            break;
        }
        let picture = Rect::new(left, inner.y, columns, rows);
        frame.render_widget(Paragraph::new(half_blocks(digit, columns)), picture);
        let caption = Rect::new(left, inner.y + rows, columns, 1);
        frame.render_widget(format!("{} read as {}", digit.label, digit.answer), caption);
        left += columns + 1;
    }
}

/// The image scaled to `side` × `side` pixels, two of them in each character: the upper half has the colour of the
/// text, the lower one that of the background.
fn half_blocks(digit: &Misread, side: u16) -> Vec<Line<'static>> {
    let line = |row: u16| {
        let character = |column: u16| {
            let [upper, lower] = [2 * row, 2 * row + 1].map(|row| grey(shade(digit, side, row, column)));
            Span::styled("▀", Style::new().fg(upper).bg(lower))
        };
        Line::from((0..side).map(character).collect::<Vec<_>>())
    };
    (0..side / 2).map(line).collect()
}

/// Mean of the pixels of the image that lie in one of `side` × `side` pixels.
fn shade(digit: &Misread, side: u16, row: u16, column: u16) -> u8 {
    let (width, side) = (digit.width.max(1), usize::from(side));
    let height = digit.pixels.len() / width;
    let range = |at: u16, length: usize| {
        let from = usize::from(at) * length / side;
        from..((usize::from(at) + 1) * length / side).max(from + 1)
    };
    let (mut sum, mut count) = (0, 0);
    for y in range(row, height) {
        for x in range(column, width) {
            sum += digit.pixels.get(y * width + x).map_or(0, |pixel| u32::from(*pixel));
            count += 1;
        }
    }
    (sum / count.max(1)) as u8
}

/// One of the 24 greys of a terminal with 256 colours.
fn grey(shade: u8) -> Color {
    Color::Indexed(232 + (u16::from(shade) * 23 / 255) as u8)
}

#[cfg(test)]
mod tests {
    use lenet_train::{AfterEpoch, Evaluation};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn status() -> Status {
        let mut status = Status::new(3);
        status.start(0, 300);
        for step in 1..=150 {
            status.count(64);
            status.step(step / 100, step, 0.01, 2.0 / step as f32);
            if step % 100 == 0 {
                let valid = Evaluation::new(0.08, 100).with_accuracy(0.9874);
                status.epoch(&AfterEpoch::new(0, step, 0.1).valid(valid));
            }
        }
        let pixels = (0..28 * 28).map(|pixel| if pixel % 28 < 14 { 255 } else { 0 }).collect();
        let (label, answer) = ("4".to_owned(), "9".to_owned());
        status.misread = vec![Misread { width: 28, pixels, label, answer }];
        status
    }

    /// The page of `columns` × `rows` characters as text.
    fn page(status: &Status, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(status, frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_page_of_each_size_has_all_parts() {
        for (columns, rows) in [(80, 24), (120, 40)] {
            let page = page(&status(), columns, rows);
            for part in [
                "epoch 2 of 3",
                "q ends",
                "150/300 steps",
                " loss ",
                " accuracy in % ",
                "98.74 %",
                "images/s",
                "time left",
                "1.00e-2",
                "4 read as 9",
                "▀▀▀▀",
            ] {
                assert!(page.contains(part), "no {part} in\n{page}");
            }
        }
    }

    #[test]
    fn a_page_before_the_first_step_says_so() {
        let page = page(&Status::new(3), 80, 24);
        assert!(page.contains("no values yet") && page.contains("none yet"), "{page}");
    }

    #[test]
    fn no_size_is_too_small() {
        // Not `page`: ratatui's test backend cannot print a terminal without columns.
        for (columns, rows) in [(0, 0), (1, 1), (10, 3), (30, 12), (80, 5), (20, 60)] {
            let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
            terminal.draw(|frame| draw(&status(), frame)).unwrap();
        }
    }

    #[test]
    fn half_blocks_show_two_pixels_each() {
        let digit =
            Misread { width: 2, pixels: vec![255, 0, 0, 255], label: String::new(), answer: String::new() };
        let lines = half_blocks(&digit, 2);
        let colours: Vec<_> = lines[0].spans.iter().map(|span| (span.style.fg, span.style.bg)).collect();
        let [black, white] = [Some(grey(0)), Some(grey(255))];
        assert_eq!((lines.len(), colours), (1, vec![(white, black), (black, white)]));
    }
}
