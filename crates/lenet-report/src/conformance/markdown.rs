//! The report as Markdown: docs/conformance.md.

use super::grid::{self, cell, percent, share};
use super::mutants;
use super::outcome::Outcome;
use super::report::Report;

/// The document.
pub fn render(report: &Report) -> String {
    let planted = if report.mutants.is_empty() {
        String::new()
    } else {
        format!(
            "\n## Planted bugs\n\n{}.\n\n{}",
            mutants::score(&report.mutants),
            mutants::markdown(&report.mutants)
        )
    };
    format!(
        "# Backends against the oracle\n\n\
        Written by `cargo xtask test-backends --write-docs`; do not edit. {}, commit {}, {}.\n\n\
        Every number that a backend computes is compared with an f64 oracle.\n\n{}\n\n\
        {}\n## What the rungs compare, and where the largest share is\n\n{}\n## What was tested\n\n{}{planted}",
        day(&report.taken),
        report.commit,
        report.machine,
        grid::EXPLANATION.join("\n\n"),
        table(report),
        rungs(report),
        subjects(report),
    )
}

fn day(taken: &str) -> &str {
    taken.split('T').next().unwrap_or(taken)
}

fn table(report: &Report) -> String {
    let names = report.subjects.iter().map(|subject| subject.name.as_str());
    let mut text = row("rung", names) + &rule(report.subjects.len());
    for rung in grid::rungs(report) {
        let cells: Vec<String> = report.subjects.iter().map(|s| cell(s, rung).text()).collect();
        text += &row(rung, cells.iter().map(String::as_str));
    }
    let checks: Vec<String> = report.subjects.iter().map(|s| s.tally().compared().to_string()).collect();
    text + &row("*checks*", checks.iter().map(String::as_str))
}

fn rungs(report: &Report) -> String {
    let mut text = row("rung", ["compares", "largest share", "where"]) + &rule(3);
    let shown = grid::rungs(report);
    for rung in report.rungs.iter().filter(|rung| shown.contains(&rung.name.as_str())) {
        let (largest, place) =
            grid::worst(report, &rung.name).map_or_else(Default::default, |(subject, check)| {
                let place = format!("{}: {} {}", subject.name, check.case, check.quantity);
                (percent(share(check)), place.trim_end().to_owned())
            });
        text += &row(&rung.name, [rung.detail.as_str(), &largest, &place]);
    }
    text
}

fn subjects(report: &Report) -> String {
    let mut text = row("subject", ["operations", "precision", "adapter or machine"]) + &rule(3);
    for subject in &report.subjects {
        let cells = match (&subject.about, &subject.outcome) {
            (Some(about), _) => {
                let adapter = about.adapter.clone().unwrap_or_else(|| about.machine.clone());
                [about.operations.clone(), about.precision.clone(), adapter]
            }
            (None, Outcome::Missing { reason, .. }) => [String::new(), String::new(), reason.clone()],
            (None, _) => Default::default(),
        };
        text += &row(&subject.name, cells.iter().map(String::as_str));
    }
    text
}

fn row<'a>(first: &'a str, cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: String = cells.into_iter().map(|cell| format!(" {} |", cell.replace('|', "\\|"))).collect();
    format!("| {first} |{cells}\n")
}

fn rule(columns: usize) -> String {
    format!("|{}\n", "---|".repeat(columns + 1))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_document_has_a_row_for_each_rung_and_a_column_for_each_subject() {
        let text = render(&sample::report());
        for line in [
            "| rung | flex | ndarray | wgpu | wgpu+fusion | wgpu+autotune |",
            "| ops-backward | exact | 13× FAIL | missing | CRASH | – |",
            "| ops-forward | what ops-forward compares | 71 % | ndarray: conv2/batch3/random y |",
            "1 of 2 planted bugs were caught by the rung that should catch them; a bug in the kernels also counts when a lower rung catches it.",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
