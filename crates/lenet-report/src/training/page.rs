//! The report as one HTML file, which needs no network and, except to show values under the pointer, no script.

mod confusion;
mod curves;
mod learnt;
mod mistakes;
mod origin;
mod results;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::{Report, Run};
use crate::document::{Script, document, sections};
use crate::figure;
use crate::numbers::grouped;
use crate::statistics::wilson;

const STYLE: &str = include_str!("page/page.css");
/// Its SHA-256 is compared by a test.
const SCRIPT: Script =
    Script { text: include_str!("page/page.js"), sha256: "W4HIJ73/0s6tOS+MCFQkGXi8sj6b9GdUlkrt/ZeSRVM=" };

/// Renders the page.
pub fn render(report: &Report) -> String {
    let parts = [
        ("Curves", "curves", curves::render(&report.runs)),
        ("How well it does", "results", report.test.as_ref().map(results::render)),
        ("Mistakes", "mistakes", report.test.as_ref().and_then(mistakes::render)),
        ("What it learnt", "learnt", report.network.as_ref().map(learnt::render)),
        ("Where it came from", "origin", Some(origin::render(&report.runs))),
    ];
    let body = sections(&header(report), &parts);
    document(&title(&report.runs), STYLE, Some(&SCRIPT), &body)
}

fn title(runs: &[Run]) -> String {
    match runs {
        [] => "No training".to_owned(),
        [run] => format!("Training {}", run.name),
        [first, other] => format!("Trainings {} and {}", first.name, other.name),
        [first, others @ ..] => format!("Training {} beside {} others", first.name, others.len()),
    }
}

fn header(report: &Report) -> Markup {
    let first = report.runs.first();
    html! {
        h1 { (title(&report.runs)) }
        @if let Some(test) = &report.test {
            @let (low, high) = wilson(test.right() as u64, test.len() as u64);
            p.result {
                b { (percent(test.right() as f64 / test.len().max(1) as f64)) }
                " of " (grouped(test.len() as f64)) " test images read rightly "
                span.muted { "(95 % interval " (percent(low)) " to " (percent(high)) ")" }
            }
        } @else if let Some(accuracy) = first.and_then(Run::test_accuracy) {
            p.result { b { (percent(accuracy)) } " of the test images read rightly" }
        }
        @if let Some((seconds, steps, reason)) = first.and_then(Run::end) {
            p.muted { (grouped(steps as f64)) " steps in " (format!("{seconds:.1}")) " s of training: " (reason) }
        } @else {
            p.muted { "The training has not ended." }
        }
        @if !report.stages.is_empty() {
            div.wide.figure tabindex="0" role="region" aria-label="The network" {
                img src={ "data:image/svg+xml;base64," (STANDARD.encode(figure::svg(&report.stages))) }
                    alt=(figure::description(&report.stages));
            }
        }
    }
}

/// Formats a share with two digits: `99.18 %`.
fn percent(share: f64) -> String {
    format!("{:.2}\u{a0}%", 100.0 * share)
}
