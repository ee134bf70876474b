//! Every case: a row each, in a folded table for each rung.

use maud::{Markup, html};

use super::heat;
use crate::conformance::grid::{self, Mark, cell, percent, share};
use crate::conformance::outcome::Outcome;
use crate::conformance::record::Check;
use crate::conformance::report::{Report, Subject};

/// A folded table for each rung.
pub fn render(report: &Report) -> Markup {
    html! { @for rung in grid::rungs(report) { (folded(report, rung)) } }
}

fn folded(report: &Report, rung: &str) -> Markup {
    let cases = cases(report, rung);
    html! {
        details id={ "checks-" (rung) } {
            summary { (rung) " " span.muted { "cases: " (cases.len()) } }
            div.wide tabindex="0" role="region" aria-label=(rung) {
                table.heat {
                    tr { th {} @for subject in &report.subjects { th { (subject.name) } } }
                    @for case in &cases {
                        tr {
                            th.rung { (case) }
                            @for subject in &report.subjects { (of_case(subject, rung, case)) }
                        }
                    }
                }
            }
        }
    }
}

/// The cases of a rung in the order in which they ran.
fn cases<'a>(report: &'a Report, rung: &str) -> Vec<&'a str> {
    let mut cases = Vec::new();
    let checks = report.subjects.iter().flat_map(|subject| &subject.checks);
    for check in checks.filter(|check| check.rung == rung) {
        if !cases.contains(&check.case.as_str()) {
            cases.push(check.case.as_str());
        }
    }
    cases
}

fn of_case(subject: &Subject, rung: &str, case: &str) -> Markup {
    // How the whole subject ended is shown once, in the ladder.
    let ran =
        Subject { outcome: Outcome::Finished, curves: Vec::new(), checks: Vec::new(), ..subject.clone() };
    let here = |check: &&Check| check.rung == rung && check.case == case;
    let only = Subject { checks: subject.checks.iter().filter(here).cloned().collect(), ..ran };
    let cell = cell(&only, rung);
    if cell.mark == Mark::Nothing {
        html! { td.none {} }
    } else {
        heat::painted(&cell, &title(&only))
    }
}

/// The quantities of a case, a line each.
fn title(subject: &Subject) -> String {
    let line = |check: &Check| {
        let numbers =
            if check.share.is_some() { percent(share(check)) } else { format!("{:?}", check.status) };
        let soft =
            check.soft_share.map_or(String::new(), |soft| format!(", {} of the soft bound", percent(soft.0)));
        format!("{} {numbers}{soft} {}", check.quantity, check.detail).trim().to_owned()
    };
    subject.checks.iter().map(line).collect::<Vec<_>>().join("\n")
}
