//! report.html: one page that needs no network, follows the reader's choice of light or dark, and shows
//! everything that is in report.json.

mod checks;
mod curves;
mod heat;
mod problems;
mod subjects;

use std::fmt::Display;

use super::mutants;
use super::protocol::Fate;
use super::report::{Report, Verdict};

const STYLE: &str = include_str!("html/style.css");

/// The page. `changes` is what the comparison with an earlier report said.
pub fn render(report: &Report, verdict: Verdict, changes: Option<&str>) -> String {
    let sections = [
        section("The ladder", "ladder", &heat::ladder(report)),
        section("What to look at", "problems", &problems::render(report)),
        section("What changed", "changes", &changes.map(preformatted).unwrap_or_default()),
        section("Curves", "curves", &curves::render(report)),
        section("What was tested", "subjects", &subjects::render(report)),
        section("Planted bugs", "mutants", &planted(report)),
        section("Every check", "checks", &checks::render(report)),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n<title>Backend conformance</title>\n\
        <style>\n{STYLE}</style>\n</head>\n<body>\n{}{}</body>\n</html>\n",
        header(report, verdict),
        sections.concat(),
    )
}

fn header(report: &Report, verdict: Verdict) -> String {
    let (class, word) = match verdict {
        Verdict::Passed => ("pass", "passed"),
        Verdict::Failed => ("fail", "failed"),
        Verdict::NotCompared => ("warn", "not all compared"),
    };
    let checks: u64 = report.subjects.iter().map(|subject| subject.tally().compared()).sum();
    let numbers: u64 = report.subjects.iter().flat_map(|s| &s.checks).map(|check| check.numbers).sum();
    let ladder = if report.settings.quick { "the quick ladder" } else { "the whole ladder" };
    format!(
        "<header>\n<h1>Backend conformance <span class=\"badge {class}\">{word}</span></h1>\n\
        <p>{} numbers in {} checks, each held against an f64 oracle with the bound that its arithmetic allows.</p>\n\
        <p class=\"muted\">{} · commit {} · {} · {ladder}, seed {}, {:.1} s</p>\n</header>\n",
        crate::statistics::grouped(numbers as f64),
        crate::statistics::grouped(checks as f64),
        escape(&report.taken),
        escape(&report.commit),
        escape(&report.machine),
        report.settings.seed,
        report.seconds,
    )
}

fn planted(report: &Report) -> String {
    if report.mutants.is_empty() {
        return String::new();
    }
    let rows = report.mutants.iter().map(|mutant| {
        let class = if mutant.status == Fate::Killed { "pass" } else { "fail" };
        format!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td class=\"{class}\">{}</td></tr>\n",
            escape(&mutant.name),
            escape(&mutant.what),
            escape(&mutant.expected_rung),
            escape(mutants::verdict(mutant)),
        )
    });
    format!(
        "<p>{}.</p>\n<table class=\"list\">\n\
        <tr><th>bug</th><th>what is wrong</th><th>should be caught by</th><th>caught by</th></tr>\n{}</table>\n",
        mutants::score(&report.mutants),
        rows.collect::<String>(),
    )
}

/// A part of the page; nothing if there is nothing in it.
fn section(title: &str, id: &str, body: &str) -> String {
    if body.is_empty() {
        String::new()
    } else {
        format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n")
    }
}

fn preformatted(text: &str) -> String {
    format!("<pre>{}</pre>\n", escape(text))
}

/// Text as HTML has it, inside of elements and of attributes.
fn escape(text: impl Display) -> String {
    let mut escaped = String::new();
    for c in text.to_string().chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn page() -> String {
        render(&sample::report(), Verdict::Failed, Some("flex: 31 % → 78 %"))
    }

    #[test]
    fn the_page_is_complete_without_a_network() {
        let page = page();
        for external in ["src=", "href=\"http", "url(", "@import", "<script"] {
            assert!(!page.contains(external), "{external}");
        }
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn what_programs_said_is_text_and_never_markup() {
        let page = page();
        assert!(page.contains("llvmpipe &lt;software&gt;") && !page.contains("<software>"));
        assert!(page.contains("&lt;backtrace&gt;") && page.contains("&lt;fine&gt;"));
    }

    #[test]
    fn every_element_that_is_opened_is_closed() {
        let page = page();
        for element in ["section", "table", "tr", "td", "details", "svg", "figure", "g", "p", "pre", "code"] {
            let count = |tag: String| page.matches(tag.as_str()).count();
            let opened = count(format!("<{element}>")) + count(format!("<{element} "));
            assert_eq!(opened, count(format!("</{element}>")), "{element}");
        }
    }

    #[test]
    fn sections_without_content_are_left_out() {
        let mut report = sample::report();
        report.subjects.truncate(1);
        report.subjects[0].checks.truncate(2);
        let page = render(&report, Verdict::Passed, None);
        assert!(!page.contains("What to look at") && !page.contains("What changed"));
    }
}
