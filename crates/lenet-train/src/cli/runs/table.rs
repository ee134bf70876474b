//! The table of `runs` as text.

use console::Style;
use lenet_report::numbers::{duration, percent};
use lenet_report::training::Summary;

use super::super::print::plain;
use super::super::terminal::Styles;

/// Headings of the columns; the settings that differ come after them.
const HEADINGS: [&str; 6] = ["run", "started", "time", "test", "valid", "epochs"];
/// Columns whose values are numbers: aligned at the right.
const NUMBERS: std::ops::Range<usize> = 2..5;
/// A window as wide as this has room for the year and for unshortened names.
const WIDE: usize = 110;
/// A name is not shortened below this number of characters.
const SHORTEST_NAME: usize = 12;
/// Columns that a narrow window leaves out, the first one first: start, epochs, validation.
const LEFT_OUT: [usize; 3] = [1, 5, 4];
/// Indentation of a line below its row.
const INDENT: &str = "  ";

/// The lines of the table. In a window of `width` columns, names are shortened, and what differs is in lines of its own
/// below each run; without a window, each run is one line.
pub(super) fn lines(runs: &[Summary], width: Option<usize>, styles: &Styles) -> Vec<String> {
    let mut rows: Vec<[String; 6]> = runs.iter().map(|run| cells(run, width)).collect();
    let mut columns: Vec<usize> = (0..6).collect();
    if let Some(width) = width {
        let others = |columns: &[usize]| -> usize {
            columns[1..].iter().map(|&column| 2 + column_width(&rows, column)).sum()
        };
        for column in LEFT_OUT {
            if others(&columns) + SHORTEST_NAME > width {
                columns.retain(|&other| other != column);
            }
        }
        let room = width.saturating_sub(others(&columns)).max(SHORTEST_NAME);
        rows.iter_mut().for_each(|row| row[0] = shortened(&row[0], room));
    }
    let shown: Vec<(usize, usize)> =
        columns.into_iter().map(|column| (column, column_width(&rows, column))).collect();
    let best = runs.iter().filter_map(|run| run.test_accuracy).fold(f64::NEG_INFINITY, f64::max);
    let mut lines = vec![join(&HEADINGS.map(str::to_owned), &shown, |_| &styles.heading)];
    for (run, row) in runs.iter().zip(&rows) {
        let is_best = runs.len() > 1 && run.test_accuracy == Some(best);
        let plain = Style::new();
        let line = join(row, &shown, |column| if is_best && column == 3 { &styles.good } else { &plain });
        let remarks = remarks(run);
        match width {
            None => lines.push(format!("{line}  {remarks}").trim_end().to_owned()),
            Some(width) => {
                lines.push(line);
                let wrapped = wrapped(&remarks, width.saturating_sub(INDENT.len()).max(SHORTEST_NAME));
                lines.extend(wrapped.iter().map(|part| format!("{INDENT}{}", styles.muted.apply_to(part))));
            }
        }
    }
    lines
}

fn cells(run: &Summary, width: Option<usize>) -> [String; 6] {
    let started = plain(&run.started);
    let is_narrow = width.is_some_and(|width| width < WIDE);
    let started = if is_narrow { started.chars().skip("2026-".len()).collect() } else { started };
    [
        plain(&run.name),
        started,
        run.seconds.map_or("–".to_owned(), duration),
        percent(run.test_accuracy),
        percent(run.valid_accuracy),
        run.epochs.clone(),
    ]
}

/// The end of a run that was not completed, and the settings that differ.
fn remarks(run: &Summary) -> String {
    let settings = run.differing.iter().map(|(name, value)| format!("{name} {value}"));
    let remarks: Vec<String> = run.end.clone().into_iter().chain(settings).collect();
    plain(&remarks.join(", "))
}

fn column_width(rows: &[[String; 6]], column: usize) -> usize {
    let cells = rows.iter().map(|row| row[column].chars().count());
    cells.chain([HEADINGS[column].len()]).max().unwrap_or(0)
}

/// The cells of a row in the columns `shown`, each with its width.
fn join<'a>(row: &[String; 6], shown: &[(usize, usize)], style: impl Fn(usize) -> &'a Style) -> String {
    let cell = |&(column, width): &(usize, usize)| {
        let text = &row[column];
        let padded = match NUMBERS.contains(&column) {
            true => format!("{text:>width$}"),
            false if column == 5 => text.clone(), // Nothing follows it.
            false => format!("{text:<width$}"),
        };
        style(column).apply_to(padded).to_string()
    };
    shown.iter().map(cell).collect::<Vec<_>>().join("  ")
}

/// A text of at most `width` characters: the middle of a longer one is left out.
fn shortened(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= width {
        return text.to_owned();
    }
    let (head, tail) = ((width - 1) / 2, width / 2);
    let parts = [&chars[..head], &['…'], &chars[chars.len() - tail..]];
    parts.concat().into_iter().collect()
}

/// Lines of at most `width` characters, broken at spaces; a longer word is broken anywhere.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = width;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        for (number, piece) in chars.chunks(width).enumerate() {
            let gap = usize::from(number == 0);
            match lines.last_mut() {
                Some(line) if length + gap + piece.len() <= width => {
                    line.extend(" ".repeat(gap).chars().chain(piece.iter().copied()));
                    length += gap + piece.len();
                }
                _ => {
                    lines.push(piece.iter().collect());
                    length = piece.len();
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, accuracy: f64) -> Summary {
        let mut run = Summary::default();
        (run.name, run.started, run.epochs) = (name.into(), "2026-11-27 22:27".into(), "3".into());
        (run.seconds, run.test_accuracy) = (Some(2.1), Some(accuracy));
        run.differing = vec![("seed".into(), name.len().to_string()), ("lr".into(), "0.01".into())];
        run
    }

    fn styles(colours: bool) -> Styles {
        let style = || Style::new().force_styling(colours);
        Styles { heading: style().bold(), good: style().green(), muted: style().dim() }
    }

    #[test]
    fn in_a_pipe_a_run_is_one_line_with_its_whole_name() {
        let name = "20261127-222718-mnist-adamw-seed42-and-more-and-more-and-more";
        let lines = lines(&[run(name, 0.5), run("b", 0.25)], None, &styles(false));
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with(name) && lines[1].ends_with("3  seed 61, lr 0.01"), "{}", lines[1]);
        assert!(lines[1].contains("2026-11-27 22:27"));
    }

    #[test]
    fn no_line_is_wider_than_the_window() {
        let runs = [run(&"long-".repeat(30), 0.5), run("b", 0.25)];
        for width in [40, 50, 64, 80, 100, 200] {
            let lines = lines(&runs, Some(width), &styles(false));
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:#?}");
        }
    }

    #[test]
    fn the_best_accuracy_is_marked_and_colours_are_asked_for() {
        let runs = [run("a", 0.5), run("b", 0.25)];
        assert!(lines(&runs, Some(80), &styles(false)).iter().all(|line| !line.contains('\u{1b}')));
        let coloured = lines(&runs, Some(80), &styles(true));
        assert!(coloured[1].contains("\u{1b}[32m50.00 %\u{1b}[0m"), "{:?}", coloured[1]);
        assert!(!coloured[3].contains('\u{1b}'), "{:?}", coloured[3]);
    }

    #[test]
    fn words_are_wrapped_and_long_ones_broken() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert_eq!(shortened("abcdefgh", 5), "ab…gh");
    }
}
