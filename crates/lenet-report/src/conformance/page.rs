//! The report as one HTML file, which needs no network, follows the light or dark mode of the browser, and
//! shows all of `report.json`.

mod checks;
mod curves;
mod heat;
mod problems;
mod subjects;

use maud::{Markup, html};

use super::mutants;
use super::record::Fate;
use super::report::{Report, Verdict};
use crate::document::{document, sections};
use crate::numbers::grouped;

/// Renders the page. `changes` is the text of the comparison with an earlier report.
pub fn render(report: &Report, verdict: Verdict, changes: Option<&str>) -> String {
    let parts = [
        ("The ladder", "ladder", Some(heat::ladder(report))),
        ("What to look at", "problems", problems::render(report)),
        ("What changed", "changes", changes.map(|changes| html! { pre { (changes) } })),
        ("Curves", "curves", curves::render(report)),
        ("What was tested", "subjects", subjects::render(report)),
        ("Planted bugs", "mutants", planted(report)),
        ("Every check", "checks", Some(checks::render(report))),
    ];
    document("Backend conformance", "", None, &sections(&header(report, verdict), &parts))
}

fn header(report: &Report, verdict: Verdict) -> Markup {
    let (class, word) = match verdict {
        Verdict::Passed => ("pass", "passed"),
        Verdict::Failed => ("fail", "failed"),
        Verdict::NotCompared => ("warn", "not all compared"),
    };
    let checks: u64 = report.subjects.iter().map(|subject| subject.tally().compared()).sum();
    let numbers: u64 = report.subjects.iter().flat_map(|s| &s.checks).map(|check| check.numbers).sum();
    let ladder = if report.settings.quick { "the quick ladder" } else { "the whole ladder" };
    html! {
        h1 { "Backend conformance " span class={ "badge " (class) } { (word) } }
        p.result {
            b { (grouped(numbers as f64)) " numbers" } " in " (grouped(checks as f64))
            " checks, each compared with an f64 oracle within the bound that its arithmetic allows."
        }
        p.muted {
            (report.taken) " · commit " (report.commit) " · " (report.machine) " · " (ladder) ", seed "
            (report.settings.seed) ", " (format!("{:.1}", report.seconds)) " s"
        }
    }
}

fn planted(report: &Report) -> Option<Markup> {
    let class = |fate| if fate == Fate::Killed { "pass" } else { "fail" };
    let table = html! {
        p { (mutants::score(&report.mutants)) "." }
        div.wide tabindex="0" role="region" aria-label="Planted bugs" {
            table.list {
                tr { th { "bug" } th { "what is wrong" } th { "should be caught by" } th { "caught by" } }
                @for mutant in &report.mutants {
                    tr {
                        th { (mutant.name) }
                        td { (mutant.what) }
                        td { (mutant.expected_rung) }
                        td class=(class(mutant.status)) { (mutants::verdict(mutant)) }
                    }
                }
            }
        }
    };
    (!report.mutants.is_empty()).then_some(table)
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
    fn hostile_names_stay_text_in_every_part_of_the_page() {
        let hostile = "\"><script>alert(1)</script>'&";
        let mut report = sample::report();
        (report.commit, report.machine) = (hostile.into(), hostile.into());
        report.rungs.iter_mut().for_each(|rung| rung.detail = hostile.into());
        for subject in &mut report.subjects {
            subject.name = hostile.into();
            for check in &mut subject.checks {
                (check.case, check.quantity, check.detail) = (hostile.into(), hostile.into(), hostile.into());
            }
            subject.curves.iter_mut().for_each(|curve| curve.case = hostile.into());
        }
        report.mutants.iter_mut().for_each(|mutant| mutant.what = hostile.into());
        let page = render(&report, Verdict::Failed, Some(hostile));
        assert!(!page.contains("<script"), "markup from a name");
        assert!(
            page.contains("title=\"") && page.contains("&quot;&gt;&lt;script&gt;"),
            "names are shown as text"
        );
    }

    #[test]
    fn every_element_that_is_opened_is_closed() {
        let page = page();
        for element in
            ["section", "table", "tr", "td", "details", "svg", "figure", "g", "p", "pre", "code", "path"]
        {
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
