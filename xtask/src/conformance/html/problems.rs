//! What did not pass: the details of each, and the command that repeats it.

use super::super::console::ended_badly;
use super::super::grid::{percent, share};
use super::super::protocol::{Check, Status};
use super::super::repeat;
use super::super::report::{Report, Subject};
use super::{escape, heat};

/// Programs that ended badly, checks that failed, and, folded up, warnings and what could not be compared.
pub fn render(report: &Report) -> String {
    let ended: String = report.subjects.iter().filter_map(|subject| ended(report, subject)).collect();
    let failed = with_status(report, Status::Fail);
    let failed: String = failed.iter().map(|(subject, check)| failure(report, subject, check)).collect();
    let others = [
        ("warnings", Status::Warn),
        ("too close to a kink to be compared, not counted as passed", Status::NotComparable),
    ];
    let others = others.map(|(title, status)| folded(title, &with_status(report, status)));
    ended + &failed + &others.concat()
}

fn with_status(report: &Report, status: Status) -> Vec<(&Subject, &Check)> {
    let all = report.subjects.iter().flat_map(|s| s.checks.iter().map(move |check| (s, check)));
    all.filter(|(_, check)| check.status == status).collect()
}

fn ended(report: &Report, subject: &Subject) -> Option<String> {
    let what = ended_badly(&subject.outcome)?;
    let command = repeat::subject(report, subject);
    let name = escape(&subject.name);
    Some(format!(
        "<article><h3>{name}</h3><pre>{}</pre><code>{}</code></article>\n",
        escape(what),
        escape(command)
    ))
}

fn failure(report: &Report, subject: &Subject, check: &Check) -> String {
    let worst = check.worst.as_ref().map_or(String::new(), |worst| {
        let (value, expected, bound) = (worst.value.0, worst.expected.0, worst.bound.0);
        format!(
            "<p>at {:?}: <b>{value:e}</b>, expected <b>{expected:e}</b> ± {bound:.2e}, {} of the bound</p>",
            worst.index,
            percent(share(check))
        )
    });
    let detail =
        if check.detail.is_empty() { String::new() } else { format!("<p>{}</p>", escape(&check.detail)) };
    format!(
        "<article><h3>{} <span class=\"muted\">{}</span> {}</h3>{worst}{detail}<code>{}</code></article>\n",
        escape(&subject.name),
        escape(&check.rung),
        heat::named(check),
        escape(repeat::check(report, subject, check)),
    )
}

fn folded(title: &str, checks: &[(&Subject, &Check)]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let row = |(subject, check): &(&Subject, &Check)| {
        format!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&subject.name),
            escape(&check.rung),
            heat::named(check),
            escape(&check.detail)
        )
    };
    let rows: String = checks.iter().map(row).collect();
    format!(
        "<details><summary>{title}: {}</summary>\n\
        <div class=\"wide\"><table class=\"list\">\n{rows}</table></div>\n</details>\n",
        checks.len()
    )
}
