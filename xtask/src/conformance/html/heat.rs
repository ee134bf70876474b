//! The heat map: the worst share of its bound for each rung and subject.

use super::super::grid::{self, Cell, Mark, cell, percent, share};
use super::super::protocol::Check;
use super::super::report::Report;
use super::escape;

/// Shares from this on are told apart by colour; the scale is logarithmic.
const COLDEST: f64 = 1e-3;

/// Rungs by subjects, with the worst of each rung, and what the colours mean.
pub fn ladder(report: &Report) -> String {
    let names = report.subjects.iter().map(|subject| format!("<th>{}</th>", escape(&subject.name)));
    let mut rows =
        format!("<tr><th></th>{}<th class=\"left\">the worst is</th></tr>\n", names.collect::<String>());
    let shown = grid::rungs(report);
    for rung in report.rungs.iter().filter(|rung| shown.contains(&rung.name.as_str())) {
        let cells: String =
            report.subjects.iter().map(|subject| summary(&cell(subject, &rung.name))).collect();
        let worst = grid::worst(report, &rung.name).map_or(String::new(), |(subject, check)| {
            format!("{} <span class=\"muted\">on {}</span>", named(check), escape(&subject.name))
        });
        rows += &format!(
            "<tr><th class=\"rung\"><a href=\"#checks-{0}\">{0}</a><br><span class=\"muted\">{1}</span></th>\
            {cells}<td class=\"place\">{worst}</td></tr>\n",
            escape(&rung.name),
            escape(&rung.detail),
        );
    }
    format!("<div class=\"wide\"><table class=\"heat\">\n{rows}</table></div>\n{}", legend())
}

/// A cell of the ladder.
fn summary(cell: &Cell) -> String {
    let tally = cell.tally;
    let mut title = format!("{} passed, {} warned, {} failed", tally.pass, tally.warn, tally.fail);
    for (count, what) in [
        (tally.not_comparable, "too close to a kink"),
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
pub fn painted(cell: &Cell, title: &str) -> String {
    let check = cell.worst.filter(|_| matches!(cell.mark, Mark::Pass | Mark::Warn));
    let style = check.map_or(String::new(), |check| format!(" style=\"--heat:{:.2}\"", heat(share(check))));
    format!(
        "<td class=\"{}\"{style} title=\"{}\">{}</td>",
        class(cell.mark),
        escape(title),
        escape(cell.text()).replace(" %", "\u{a0}%") // A line may end before `warn`, not before the sign.
    )
}

/// A share between 0 (cold) and 1 (the bound).
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

/// A check by its quantity and case.
pub fn named(check: &Check) -> String {
    let separator = if check.quantity.is_empty() { "" } else { " in " };
    format!("{}{separator}{}", escape(&check.quantity), escape(&check.case))
}

fn legend() -> String {
    let steps = [0.001, 0.01, 0.1, 1.0].map(|share| {
        format!("<span class=\"share\" style=\"--heat:{:.2}\">{}</span>", heat(share), percent(share))
    });
    format!(
        "<p class=\"legend\">share of the hard bound {} <span class=\"fail\">beyond it, or crashed</span></p>\n",
        steps.concat()
    )
}
