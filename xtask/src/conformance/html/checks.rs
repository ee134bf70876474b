//! Every case, rung by rung: a row each, folded up.

use super::super::grid::{self, Cell, Mark, cell, percent, share};
use super::super::protocol::Check;
use super::super::report::{Outcome, Report, Subject};
use super::{escape, heat};

/// A folded table for each rung.
pub fn render(report: &Report) -> String {
    grid::rungs(report).into_iter().map(|rung| folded(report, rung)).collect()
}

fn folded(report: &Report, rung: &str) -> String {
    let cases = cases(report, rung);
    let names: String = report.subjects.iter().map(|s| format!("<th>{}</th>", escape(&s.name))).collect();
    let row = |case: &&str| {
        let cells: String = report.subjects.iter().map(|subject| of_case(subject, rung, case)).collect();
        format!("<tr><th class=\"rung\">{}</th>{cells}</tr>\n", escape(case))
    };
    let rows: String = cases.iter().map(row).collect();
    format!(
        "<details id=\"checks-{0}\"><summary>{0} <span class=\"muted\">cases: {1}</span></summary>\n\
        <div class=\"wide\"><table class=\"heat\">\n<tr><th></th>{names}</tr>\n{rows}</table></div>\n</details>\n",
        escape(rung),
        cases.len(),
    )
}

/// The cases of a rung, in the order in which they were met.
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

fn of_case(subject: &Subject, rung: &str, case: &str) -> String {
    // What happened to the whole subject is shown once, in the ladder.
    let ran =
        Subject { outcome: Outcome::Finished, curves: Vec::new(), checks: Vec::new(), ..subject.clone() };
    let here = |check: &&Check| check.rung == rung && check.case == case;
    let only = Subject { checks: subject.checks.iter().filter(here).cloned().collect(), ..ran };
    let cell: Cell = cell(&only, rung);
    if cell.mark == Mark::Nothing {
        "<td class=\"none\"></td>".into()
    } else {
        heat::painted(&cell, &title(&only))
    }
}

/// Each quantity of a case on a line.
fn title(subject: &Subject) -> String {
    let line = |check: &Check| {
        let numbers =
            if check.share.is_some() { percent(share(check)) } else { format!("{:?}", check.status) };
        let soft =
            check.soft_share.map_or(String::new(), |soft| format!(", {} of the likely one", percent(soft.0)));
        format!("{} {numbers}{soft} {}", check.quantity, check.detail).trim().to_owned()
    };
    subject.checks.iter().map(line).collect::<Vec<_>>().join("\n")
}
