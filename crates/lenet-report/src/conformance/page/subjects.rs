//! The subjects: adapters, versions, types.

use maud::{Markup, html};

use crate::conformance::record::About;
use crate::conformance::report::{Report, Subject};

/// A row of the table: its title, and its value for a subject.
type Fact = (&'static str, fn(&Subject, &About) -> String);

const FACTS: [Fact; 10] = [
    ("operations", |_, about| about.operations.clone()),
    ("precision", |_, about| about.precision.clone()),
    ("adapter", |_, about| about.adapter.clone().unwrap_or_default()),
    ("machine", |_, about| about.machine.clone()),
    ("memory", |_, about| about.memory.clone().unwrap_or_default()),
    ("types", |_, about| about.dtypes.join(", ")),
    ("versions", |_, about| {
        about
            .versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect::<Vec<_>>()
            .join(", ")
    }),
    ("features", |_, about| about.features.join(", ")),
    ("checks", |subject, _| subject.tally().compared().to_string()),
    ("seconds", |subject, _| format!("{:.1}", subject.seconds)),
];

/// Facts by subjects. A fact that all subjects share is shown once. `None` if no subject described itself.
pub fn render(report: &Report) -> Option<Markup> {
    let known: Vec<(&Subject, &About)> =
        report.subjects.iter().filter_map(|subject| Some((subject, subject.about.as_ref()?))).collect();
    let table = html! {
        div.wide tabindex="0" role="region" aria-label="Subjects" {
            table.facts {
                tr { th {} @for (subject, _) in &known { th { (subject.name) } } }
                @for (title, fact) in &FACTS { (row(title, &known, *fact)) }
            }
        }
    };
    (!known.is_empty()).then_some(table)
}

fn row(title: &str, known: &[(&Subject, &About)], fact: fn(&Subject, &About) -> String) -> Markup {
    let facts: Vec<String> = known.iter().map(|(subject, about)| fact(subject, about)).collect();
    let same = facts.len() > 1 && facts.iter().all(|fact| *fact == facts[0]);
    html! {
        @if facts.iter().any(|fact| !fact.is_empty()) {
            tr {
                th { (title) }
                @if same {
                    td.all colspan=(facts.len()) { (facts[0]) }
                } @else {
                    @for fact in &facts { td { (fact) } }
                }
            }
        }
    }
}
