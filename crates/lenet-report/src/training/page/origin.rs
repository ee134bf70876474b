//! Where the runs came from: results, settings, data, device, versions, and the command that repeats each run.

use maud::{Markup, html};

use super::percent;
use crate::training::Run;

pub fn render(runs: &[Run]) -> Markup {
    let rows = rows(runs);
    let differing: Vec<&Row> = rows.iter().filter(|row| !is_same(row)).collect();
    html! {
        @if runs.len() > 1 {
            h3 { "What differs" }
            (table(runs, &differing))
        }
        h3 { "Settings and origin" }
        (table(runs, &rows.iter().collect::<Vec<_>>()))
        h3 { "To repeat" }
        @for run in runs { p { code { (run.command) } } }
    }
}

/// A row: its title, and a value for each run.
type Row = (String, Vec<String>);

/// Results, settings and facts in the order of the first run that has them.
fn rows(runs: &[Run]) -> Vec<Row> {
    let all: Vec<Vec<(String, String)>> = runs.iter().map(pairs).collect();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in all.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let value = |run: &Vec<(String, String)>, name: &String| {
        run.iter().find(|(other, _)| other == name).map_or(String::new(), |(_, value)| value.clone())
    };
    names.iter().map(|name| ((*name).clone(), all.iter().map(|run| value(run, name)).collect())).collect()
}

fn pairs(run: &Run) -> Vec<(String, String)> {
    let accuracy = run.test_accuracy().map_or("–".to_owned(), percent);
    let (time, end) = match run.end() {
        Some((seconds, steps, reason)) => {
            (format!("{seconds:.1} s"), format!("{reason} after {steps} steps"))
        }
        None => ("–".to_owned(), "not ended".to_owned()),
    };
    let results = [("test accuracy", accuracy), ("training time", time), ("end", end)];
    let results = results.map(|(name, value)| (name.to_owned(), value));
    results.into_iter().chain(run.settings.clone()).chain(run.facts.clone()).collect()
}

/// Whether all runs have the same value.
fn is_same((_, values): &Row) -> bool {
    values.iter().all(|value| *value == values[0])
}

fn table(runs: &[Run], rows: &[&Row]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Settings" {
            table.facts {
                @if runs.len() > 1 { tr { td {} @for run in runs { th scope="col" { (run.name) } } } }
                @for row @ (name, values) in rows.iter().copied() {
                    tr {
                        th scope="row" { (name) }
                        @if values.len() > 1 && is_same(row) {
                            td colspan=(values.len()) { (values[0]) }
                        } @else {
                            @for value in values { td { (value) } }
                        }
                    }
                }
            }
        }
    }
}
