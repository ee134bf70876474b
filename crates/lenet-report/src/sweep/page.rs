//! The page of a sweep, as one HTML file.

use maud::{Markup, html};

use super::{Point, Sweep, effects, parallel};
use crate::document::{document, sections};
use crate::numbers::duration;
use crate::training::{RUNS_SCRIPT, RUNS_STYLE, percent, runs_heading};

const STYLE: &str = include_str!("page.css");
/// The table shows no more points than this.
const MOST_ROWS: usize = 200;

/// Renders the page of `sweep`.
pub fn render(sweep: &Sweep) -> String {
    let ranked = sweep.best_first();
    let has_results = !ranked.is_empty();
    let has_effects = has_results && !sweep.dimensions.is_empty();
    let parts = [
        ("All settings", "all", has_results.then(|| all(sweep, &ranked))),
        ("Effect of each setting", "effects", has_effects.then(|| effects_of(sweep, &ranked))),
        ("Best settings", "best", has_results.then(|| table(sweep, &ranked))),
        ("Runs with an error", "errors", (!sweep.failures.is_empty()).then(|| failures(sweep))),
    ];
    let body = sections(&header(sweep, &ranked), &parts);
    document(&sweep.title, &format!("{RUNS_STYLE}{STYLE}"), Some(&RUNS_SCRIPT), &body)
}

fn all(sweep: &Sweep, ranked: &[&Point]) -> Markup {
    html! {
        p.legend.scale { "Worst " span.ramp {} " best validation accuracy. Point at a line to read its settings." }
        (parallel::chart(&sweep.dimensions, ranked))
    }
}

fn effects_of(sweep: &Sweep, ranked: &[&Point]) -> Markup {
    html! {
        p.legend {
            "A dot is the validation accuracy at one combination of settings, the line the median at each value, or in each \
             fifth of a range. The setting with the largest effect comes first."
        }
        (effects::charts(&sweep.dimensions, ranked))
    }
}

fn failures(sweep: &Sweep) -> Markup {
    html! { @for (name, error) in &sweep.failures { article { b { (name) } pre { (error) } } } }
}

fn header(sweep: &Sweep, ranked: &[&Point]) -> Markup {
    let seconds: f64 = sweep.points.iter().flat_map(|point| &point.runs).filter_map(|run| run.seconds).sum();
    html! {
        h1 { (sweep.title) }
        @if ranked.is_empty() { p { "No run has a validation accuracy yet." } }
        @if let Some(best) = ranked.first() {
            p.result {
                b { (percent(best.valid_accuracy())) } " of the validation images right with the best settings: "
                (described(sweep, best))
            }
        }
        p.muted {
            (sweep.ended()) " of " (sweep.planned) " runs completed, " (sweep.points.len()) " combinations of settings, "
            (duration(seconds)) " of training in all. Settings are ranked by their validation accuracy, over several seeds by \
            its median; the test accuracy was not used to choose."
        }
    }
}

fn described(sweep: &Sweep, point: &Point) -> String {
    if sweep.dimensions.is_empty() { "all alike".to_owned() } else { sweep.describe(point) }
}

fn table(sweep: &Sweep, ranked: &[&Point]) -> Markup {
    let columns = [("validation", true), ("test", true), ("time", false), ("seeds", true)];
    html! {
        @if ranked.len() > MOST_ROWS {
            p.muted { "The best " (MOST_ROWS) " of " (ranked.len()) " combinations." }
        }
        div.wide tabindex="0" role="region" aria-label="Settings" {
            table.list.runs {
                thead { tr {
                    @for (title, largest_first) in columns { (runs_heading(title, Some(largest_first))) }
                    @for dimension in &sweep.dimensions { (runs_heading(&dimension.name, Some(false))) }
                    (runs_heading("runs", None))
                } }
                tbody { @for (rank, point) in ranked.iter().take(MOST_ROWS).enumerate() { (row(point, rank == 0)) } }
            }
        }
    }
}

fn row(point: &Point, is_best: bool) -> Markup {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    html! {
        tr {
            td.best[is_best] data-value=(number(point.valid_accuracy())) { (percent(point.valid_accuracy())) }
            td data-value=(number(point.test_accuracy())) { (percent(point.test_accuracy())) }
            td data-value=(number(point.seconds())) { (point.seconds().map_or("–".to_owned(), duration)) }
            td data-value=(point.runs.len()) { (point.runs.len()) }
            @for value in &point.values { td data-value=(value) { (value) } }
            td {
                @for run in &point.runs {
                    p {
                        span.muted { "seed " (run.seed) } " " (run.name) " " (percent(run.valid_accuracy))
                        @if let Some(note) = &run.note { ", " (note) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_best_settings_are_named_first_and_every_point_is_a_row() {
        let mut sweep = sample::sweep();
        sweep.failures.push(("broken".into(), "<full> disk".into()));
        let page = render(&sweep);
        assert!(page.contains("best settings: optimizer &lt;adamw&gt;, lr 0.02"), "{page}");
        assert_eq!(page.matches("<td class=\"best\"").count(), 1);
        assert_eq!(page.matches("<tr>").count(), 5);
        assert!(page.contains("&lt;full&gt; disk") && !page.contains("<full>") && !page.contains("<adamw>"));
    }

    #[test]
    fn a_sweep_without_results_says_so() {
        assert!(render(&Sweep::new("Sweep", Vec::new(), 3)).contains("No run has a validation accuracy yet"));
    }

    #[test]
    fn the_page_needs_nothing_from_outside() {
        let page = render(&sample::sweep());
        for external in ["src=", "href=\"http", "url(", "@import", "<link"] {
            assert!(!page.contains(external), "{external}");
        }
    }
}
