//! The heat map: the largest share of the hard bound for each rung and subject.

use maud::{Markup, html};

use crate::conformance::grid::{self, Cell, Mark, cell, percent, share};
use crate::conformance::record::Check;
use crate::conformance::report::Report;

/// The smallest share with a colour of its own; the scale is logarithmic.
const COLDEST: f64 = 1e-3;

/// Rungs by subjects, with the largest share of each rung, and what the cells mean.
pub fn ladder(report: &Report) -> Markup {
    let shown = grid::rungs(report);
    html! {
        div.wide tabindex="0" role="region" aria-label="The ladder" {
            table.heat {
                tr {
                    th {}
                    @for subject in &report.subjects { th { (subject.name) } }
                    th.left { "largest share" }
                }
                @for rung in report.rungs.iter().filter(|rung| shown.contains(&rung.name.as_str())) {
                    tr {
                        th.rung {
                            a href={ "#checks-" (rung.name) } { (rung.name) }
                            br;
                            span.muted { (rung.detail) }
                        }
                        @for subject in &report.subjects { (summary(&cell(subject, &rung.name))) }
                        td.place {
                            @if let Some((subject, check)) = grid::worst(report, &rung.name) {
                                (named(check)) " " span.muted { "on " (subject.name) }
                            }
                        }
                    }
                }
            }
        }
        (legend())
    }
}

/// A cell of the ladder.
fn summary(cell: &Cell) -> Markup {
    let tally = cell.tally;
    let mut title = format!("{} passed, {} warned, {} failed", tally.pass, tally.warn, tally.fail);
    for (count, what) in [
        (tally.not_comparable, "without a finite bound"),
        (tally.unsupported, "unsupported"),
        (tally.skipped, "skipped"),
    ] {
        if count > 0 {
            title += &format!(", {count} {what}");
        }
    }
    painted(cell, &title)
}

/// A cell, coloured by its share or its mark.
pub fn painted(cell: &Cell, title: &str) -> Markup {
    let check = cell.worst.filter(|_| matches!(cell.mark, Mark::Pass | Mark::Warn));
    let style = check.map(|check| format!("--heat:{:.2}", heat(share(check))));
    let text = cell.text().replace(" %", "\u{a0}%"); // A line may end before `warn`, not before the sign.
    html! { td class=(class(cell.mark)) style=[style] title=(title) { (text) } }
}

/// A share on a scale from 0 (cold) to 1 (the bound).
fn heat(share: f64) -> f64 {
    ((share.max(COLDEST) / COLDEST).log10() / -COLDEST.log10()).min(1.0)
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Crash | Mark::Timeout | Mark::Fail => "fail",
        Mark::Warn => "share warned",
        Mark::Pass => "share",
        Mark::Missing => "warn",
        Mark::NotComparable | Mark::Unsupported | Mark::Skipped | Mark::Nothing => "none",
    }
}

/// A check, named by its quantity and case.
pub fn named(check: &Check) -> String {
    let separator = if check.quantity.is_empty() { "" } else { " in " };
    format!("{}{separator}{}", check.quantity, check.case)
}

fn legend() -> Markup {
    html! {
        p.legend {
            "share of the hard bound "
            @for share in [0.001, 0.01, 0.1, 1.0] {
                span.share style={ "--heat:" (format!("{:.2}", heat(share))) } { (percent(share)) }
            }
            span.fail { "beyond it, or crashed" }
        }
        @for sentence in grid::EXPLANATION { p.legend { (sentence.replace('`', "")) } }
    }
}
