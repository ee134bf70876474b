//! What was tested: adapters, versions, types.

use super::super::protocol::About;
use super::super::report::{Report, Subject};
use super::escape;

/// A row of the table: its title, and what it takes from a subject.
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

/// Facts by subjects. A fact that all have in common is told once.
pub fn render(report: &Report) -> String {
    let known: Vec<(&Subject, &About)> =
        report.subjects.iter().filter_map(|subject| Some((subject, subject.about.as_ref()?))).collect();
    if known.is_empty() {
        return String::new();
    }
    let names: String = known.iter().map(|(s, _)| format!("<th>{}</th>", escape(&s.name))).collect();
    let rows: String = FACTS.iter().map(|fact| row(fact, &known)).collect();
    format!("<div class=\"wide\"><table class=\"facts\">\n<tr><th></th>{names}</tr>\n{rows}</table></div>\n")
}

fn row((title, fact): &Fact, known: &[(&Subject, &About)]) -> String {
    let facts: Vec<String> = known.iter().map(|(subject, about)| fact(subject, about)).collect();
    if facts.iter().all(String::is_empty) {
        return String::new();
    }
    let same = facts.len() > 1 && facts.iter().all(|fact| *fact == facts[0]);
    let cells: String = if same {
        format!("<td class=\"all\" colspan=\"{}\">{}</td>", facts.len(), escape(&facts[0]))
    } else {
        facts.iter().map(|fact| format!("<td>{}</td>", escape(fact))).collect()
    };
    format!("<tr><th>{title}</th>{cells}</tr>\n")
}
