//! The overview: a table of runs as one HTML file, which the reader sorts by a column.

use maud::{Markup, html};

use super::Summary;
use crate::chart::sparkline;
use crate::document::{Script, document};
use crate::numbers::{self, duration};

/// Style of a table of runs.
pub(crate) const STYLE: &str = include_str!("overview.css");
/// Sorts the table of runs. Its SHA-256 is compared by a test.
pub(crate) const SCRIPT: Script =
    Script { text: include_str!("overview.js"), sha256: "ZDAouKhiBGxJ1i1A1M21bwyw20BLxETTEn349BRBn9g=" };

/// Headings, and whether the first press of a heading sorts the largest value to the top; `None` for a column
/// that has no order.
const COLUMNS: [(&str, Option<bool>); 9] = [
    ("run", Some(false)),
    ("started (UTC)", Some(true)),
    ("time", Some(false)),
    ("test", Some(true)),
    ("validation", Some(true)),
    ("epochs", Some(true)),
    ("curve of loss", None),
    ("of validation", None),
    ("what differs", None),
];

/// Renders a table of `runs` with the heading `title`, in their order.
pub fn render_overview(title: &str, runs: &[Summary]) -> String {
    let body = html! {
        header {
            h1 { (title) }
            p.muted {
                "Press the heading of a column to sort by it. Time is the time of training; test and validation are \
                 accuracies. The curves are the loss of single batches, on a logarithmic axis, and the validation \
                 accuracy, over steps."
            }
        }
        main {
            section {
                @if runs.is_empty() { p { "There are no runs." } } @else { (table(runs)) }
            }
        }
    };
    document(title, STYLE, Some(&SCRIPT), &body)
}

fn table(runs: &[Summary]) -> Markup {
    let best = runs.iter().filter_map(|run| run.test_accuracy).fold(f64::NEG_INFINITY, f64::max);
    html! {
        div.wide tabindex="0" role="region" aria-label="Runs" {
            table.list.runs {
                thead { tr { @for (title, order) in COLUMNS { (heading(title, order)) } } }
                tbody { @for run in runs { (row(run, best)) } }
            }
        }
    }
}

/// A share of 1 in percent, on one line.
pub(crate) fn percent(share: Option<f64>) -> String {
    numbers::percent(share).replace(' ', "\u{a0}")
}

/// A heading of a column that [`SCRIPT`] sorts by, unless `order` is `None`; `Some(true)` sorts the largest value to the top
/// first.
pub(crate) fn heading(title: &str, order: Option<bool>) -> Markup {
    html! {
        @match order {
            Some(largest_first) => th scope="col" aria-sort="none" data-largest-first=(largest_first) {
                button type="button" { (title) }
            },
            None => th scope="col" { (title) },
        }
    }
}

fn row(run: &Summary, best: f64) -> Markup {
    let epochs = run.epochs.split(' ').next().unwrap_or_default();
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let is_best = run.test_accuracy == Some(best);
    html! {
        tr {
            th scope="row" data-value=(run.name) {
                @match &run.report {
                    Some(report) => a href=(report) { (run.name) },
                    None => (run.name),
                }
            }
            td data-value=(run.started) { (run.started) }
            td data-value=(number(run.seconds)) { (run.seconds.map_or("–".to_owned(), duration)) }
            td.best[is_best] data-value=(number(run.test_accuracy)) { (percent(run.test_accuracy)) }
            td data-value=(number(run.valid_accuracy)) { (percent(run.valid_accuracy)) }
            td data-value=(epochs) { (run.epochs) }
            td { (sparkline("Loss of single batches", &run.losses, true)) }
            td { (sparkline("Validation accuracy", &run.accuracies, false)) }
            td {
                @if let Some(end) = &run.end { p { (end) } }
                @for (name, value) in &run.differing { p { span.muted { (name) } " " (value) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn runs() -> Vec<Summary> {
        let mut runs = Summary::of_all(&[sample::run("first"), sample::run("<second> run")]);
        runs[0].report = Some("first/report.html".into());
        runs
    }

    #[test]
    fn the_browser_is_told_the_hash_of_the_script() {
        SCRIPT.has_its_sha256();
    }

    #[test]
    fn a_run_with_a_report_leads_to_it_and_names_are_text() {
        let page = render_overview("Runs", &runs());
        assert!(page.contains("<a href=\"first/report.html\">first</a>"), "{page}");
        assert!(page.contains("&lt;second&gt; run") && !page.contains("<second>"));
    }

    #[test]
    fn the_page_needs_nothing_from_outside() {
        let page = render_overview("Runs", &runs());
        for external in ["src=", "href=\"http", "url(", "@import", "<link"] {
            assert!(!page.contains(external), "{external}");
        }
        assert_eq!(page.matches("<script").count(), 1);
    }

    #[test]
    fn without_runs_there_is_no_table() {
        assert!(!render_overview("Runs", &[]).contains("<table"));
    }
}
