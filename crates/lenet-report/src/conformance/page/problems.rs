//! The problems: details of each check that did not pass, and the command that repeats it.

use maud::{Markup, html};

use super::heat;
use crate::conformance::grid::{percent, share};
use crate::conformance::record::{Check, Status, Worst};
use crate::conformance::repeat;
use crate::conformance::report::{Report, Subject};

/// Crashed programs, failed checks, and, folded, warnings and checks that could not be compared. `None` if
/// there are no problems.
pub fn render(report: &Report) -> Option<Markup> {
    let ended: Vec<Markup> = report.subjects.iter().filter_map(|subject| ended(report, subject)).collect();
    let failed = with_status(report, Status::Fail);
    let folded: Vec<Markup> = [
        ("warnings", Status::Warn),
        ("without a finite bound (close to a kink), not counted as passed", Status::NotComparable),
    ]
    .into_iter()
    .filter_map(|(title, status)| folded(title, &with_status(report, status)))
    .collect();
    let nothing = ended.is_empty() && failed.is_empty() && folded.is_empty();
    let page = html! {
        @for article in &ended { (article) }
        @for (subject, check) in &failed { (failure(report, subject, check)) }
        @for details in &folded { (details) }
    };
    (!nothing).then_some(page)
}

fn with_status(report: &Report, status: Status) -> Vec<(&Subject, &Check)> {
    let all = report.subjects.iter().flat_map(|s| s.checks.iter().map(move |check| (s, check)));
    all.filter(|(_, check)| check.status == status).collect()
}

fn ended(report: &Report, subject: &Subject) -> Option<Markup> {
    let problem = subject.outcome.problem()?;
    Some(html! {
        article {
            h3 { (subject.name) }
            pre { (problem) }
            code { (repeat::subject(report, subject)) }
        }
    })
}

fn failure(report: &Report, subject: &Subject, check: &Check) -> Markup {
    html! {
        article {
            h3 { (subject.name) " " span.muted { (check.rung) } " " (heat::named(check)) }
            @if let Some(Worst { index, value, expected, bound }) = &check.worst {
                p {
                    "at " (format!("{index:?}")) ": " b { (format!("{:e}", value.0)) } ", expected "
                    b { (format!("{:e}", expected.0)) } " ± " (format!("{:.2e}", bound.0)) ", "
                    (percent(share(check))) " of the bound"
                }
            }
            @if !check.detail.is_empty() { p { (check.detail) } }
            code { (repeat::check(report, subject, check)) }
        }
    }
}

fn folded(title: &str, checks: &[(&Subject, &Check)]) -> Option<Markup> {
    let table = html! {
        details {
            summary { (title) ": " (checks.len()) }
            div.wide tabindex="0" role="region" aria-label=(title) {
                table.list {
                    @for (subject, check) in checks {
                        tr {
                            th { (subject.name) }
                            td { (check.rung) }
                            td { (heat::named(check)) }
                            td { (check.detail) }
                        }
                    }
                }
            }
        }
    };
    (!checks.is_empty()).then_some(table)
}
