//! The report as text for a terminal.

use super::grid::{self, Cell, Mark, cell, percent, share};
use super::record::{Check, Status};
use super::repeat;
use super::report::{Report, Subject};

/// Number of warnings that are printed; report.html has all of them.
const WARNINGS: usize = 10;

/// Whether text is coloured with the escape sequences of terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Coloured text.
    On,
    /// Plain text.
    Off,
}

impl Colours {
    fn paint(self, text: &str, code: &str) -> String {
        if self == Self::On && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

/// Renders the table, the check with the largest share on each rung, and the problems with the commands that
/// repeat them.
pub fn render(report: &Report, colours: Colours) -> String {
    let sections = [table(report, colours), worst(report), problems(report, colours), warnings(report)];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn table(report: &Report, colours: Colours) -> String {
    let rungs = grid::rungs(report);
    let cells: Vec<Vec<Cell>> = report
        .subjects
        .iter()
        .map(|subject| rungs.iter().map(|rung| cell(subject, rung)).collect())
        .collect();
    let first = rungs.iter().map(|rung| rung.len()).max().unwrap_or(0).max("seconds".len());
    let widths: Vec<usize> = report.subjects.iter().zip(&cells).map(|(s, column)| width(s, column)).collect();

    let columns = || report.subjects.iter().zip(&widths);
    let line = |name: &str, cells: String| format!("{name:<first$}{}\n", cells.trim_end());
    let mut text = line("", columns().map(|(s, width)| format!("  {:>width$}", s.name)).collect());
    for (index, rung) in rungs.iter().enumerate() {
        let painted = |(column, width): (&Vec<Cell>, &usize)| {
            format!("  {}", colours.paint(&right(&column[index].text(), *width), code(column[index].mark)))
        };
        text += &line(rung, cells.iter().zip(&widths).map(painted).collect());
    }
    let count = |s: &Subject| s.tally().compared().to_string();
    text += &line("checks", columns().map(|(s, width)| format!("  {:>width$}", count(s))).collect());
    let seconds = |s: &Subject| format!("{:.1}", s.seconds);
    text + &line("seconds", columns().map(|(s, width)| format!("  {:>width$}", seconds(s))).collect())
}

fn width(subject: &Subject, column: &[Cell]) -> usize {
    let cells = column.iter().map(|cell| cell.text().chars().count());
    cells.max().unwrap_or(0).max(subject.name.chars().count())
}

/// Aligns `text` to the right. To be called before colouring, because escape sequences would count as
/// characters.
fn right(text: &str, width: usize) -> String {
    format!("{text:>width$}")
}

fn code(mark: Mark) -> &'static str {
    match mark {
        Mark::Crash | Mark::Timeout | Mark::Fail => "1;31",
        Mark::Warn | Mark::Missing => "33",
        Mark::Pass => "32",
        Mark::NotComparable | Mark::Unsupported | Mark::Skipped | Mark::Nothing => "2",
    }
}

/// For each rung, the subject and check with the largest share of the bound.
fn worst(report: &Report) -> String {
    let mut text = String::new();
    let rungs = grid::rungs(report);
    let longest = rungs.iter().map(|rung| rung.len()).max().unwrap_or(0);
    for rung in &rungs {
        if let Some((subject, check)) = grid::worst(report, rung) {
            let (share, place) = (percent(share(check)), described(check));
            text += &format!("{rung:<longest$}  {share:>6}  {}: {place}\n", subject.name);
        }
    }
    if text.is_empty() { text } else { format!("The largest share of the hard bound on each rung\n{text}") }
}

fn described(check: &Check) -> String {
    match check.quantity.as_str() {
        "" => check.case.clone(),
        quantity => format!("{quantity} in {}", check.case),
    }
}

/// The problems, each with the command that repeats it.
fn problems(report: &Report, colours: Colours) -> String {
    let mut text = String::new();
    for subject in &report.subjects {
        let name = &subject.name;
        if let Some(what) = subject.outcome.problem() {
            let command = repeat::subject(report, subject);
            text += &format!("{} {what}\n    {command}\n", colours.paint(&format!("{name}:"), "1;31"));
        }
        for check in subject.checks.iter().filter(|check| check.status == Status::Fail) {
            let title = format!("{name}, {}: {}", check.rung, described(check));
            text += &format!("{}\n{}", colours.paint(&title, "1;31"), details(check));
            text += &format!("    {}\n", repeat::check(report, subject, check));
        }
    }
    text
}

fn details(check: &Check) -> String {
    let mut text = String::new();
    if let Some(worst) = &check.worst {
        let (value, expected, bound) = (worst.value.0, worst.expected.0, worst.bound.0);
        text += &format!("    at {:?}: {value:e}, expected {expected:e} ± {bound:.2e}", worst.index);
        text += &format!(", {} of the bound\n", percent(share(check)));
    }
    if !check.detail.is_empty() {
        text += &format!("    {}\n", check.detail);
    }
    text
}

/// Formats a check of a replay, whatever its status.
pub fn replayed(check: &Check) -> String {
    format!("{}: {}: {:?}\n{}", check.rung, described(check), check.status, details(check))
}

fn warnings(report: &Report) -> String {
    let all = || report.subjects.iter().flat_map(|s| s.checks.iter().map(move |check| (s, check)));
    let count = |status| all().filter(|(_, check)| check.status == status).count();
    let (warned, close) = (count(Status::Warn), count(Status::NotComparable));
    let mut text = String::new();
    for (subject, check) in all().filter(|(_, check)| check.status == Status::Warn).take(WARNINGS) {
        let (rung, place) = (&check.rung, described(check));
        text += &format!("warning: {}, {rung}: {place}: {}\n", subject.name, check.detail);
    }
    if warned > WARNINGS {
        text += &format!("and {} more warnings in report.html\n", warned - WARNINGS);
    }
    if close > 0 {
        text += &format!(
            "without a finite bound, such as numbers close to a kink, and not counted as passed: {close}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn plain() -> String {
        render(&sample::report(), Colours::Off)
    }

    #[test]
    fn the_table_is_aligned_and_names_every_rung_and_subject() {
        let expected = [
            "               flex    ndarray     wgpu  wgpu+fusion  wgpu+autotune",
            "ops-forward    31 %  71 % warn  missing        4.0 %        TIMEOUT",
            "ops-backward  exact   13× FAIL  missing        CRASH              –",
            "trajectories  0.2 %    skipped  missing            –              –",
            "checks            4          2        0            1              0",
            "seconds         3.2        3.2      3.2          3.2            3.2",
        ];
        assert_eq!(plain().lines().take(expected.len()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn without_colours_nothing_is_painted() {
        assert!(!plain().contains('\x1b'));
        assert!(render(&sample::report(), Colours::On).contains("\x1b[1;31m"));
    }

    #[test]
    fn each_problem_has_its_reason_and_the_command_that_repeats_it() {
        let text = plain();
        for part in [
            "ndarray, ops-backward: weight.grad in conv2/batch3/random",
            "at [2, 5]: 1.25e0, expected 1.5e0 ± 1.92e-2, 13× of the bound",
            "cargo xtask test-backends --replay target/conformance/replay/ndarray-ops-backward.safetensors",
            "no adapter found for `wgpu`\n    install mesa-vulkan-drivers",
            "crashed with SIGSEGV (11) in conv1/batch1/random of ops-backward",
            "| thread main panicked\n    | note: <backtrace>",
            "killed after 120 s in conv1/batch1/random of ops-forward",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn warnings_and_cases_that_could_not_be_compared_are_told() {
        let text = plain();
        assert!(text.contains("4.1 times less accurate than flex"), "{text}");
        assert!(text.contains("not counted as passed: 1"), "{text}");
    }
}
