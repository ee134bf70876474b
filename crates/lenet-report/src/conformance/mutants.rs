//! The kill table: the planted bugs and the rungs that caught them.

use super::grid::percent;
use super::record::{Fate, Mutant};

/// Renders the table for a terminal.
pub fn render(mutants: &[Mutant]) -> String {
    let longest =
        |text: fn(&Mutant) -> &str| mutants.iter().map(|m| text(m).chars().count()).max().unwrap_or(0);
    let (name, rung) = (longest(|m| &m.name), longest(|m| &m.expected_rung));
    let mut text = String::new();
    for mutant in mutants {
        let (fate, caught) = (fate(mutant), caught(mutant));
        text += &format!("{:<name$}  {:<rung$}  {fate:<12}  {caught}\n", mutant.name, mutant.expected_rung);
        if matches!(mutant.status, Fate::WrongRung | Fate::Survived) {
            text += &format!("    not caught where it should be: {}\n", mutant.what);
        }
    }
    format!("{text}{}\n", score(mutants))
}

/// Renders the table as Markdown.
pub fn markdown(mutants: &[Mutant]) -> String {
    let mut text =
        "| planted bug | what is wrong | should be caught by | caught by |\n|---|---|---|---|\n".to_owned();
    for mutant in mutants {
        let Mutant { name, what, expected_rung, .. } = mutant;
        text += &format!("| `{name}` | {what} | {expected_rung} | {} |\n", verdict(mutant));
    }
    text
}

/// The number of bugs that were caught where they should be. A bug in the kernels shows in whatever uses them.
pub fn score(mutants: &[Mutant]) -> String {
    let count = |fate| mutants.iter().filter(|mutant| mutant.status == fate).count();
    let (killed, unused) = (count(Fate::Killed), count(Fate::Unused));
    let score = format!(
        "{killed} of {} planted bugs were caught by the rung that should catch them; a bug in the kernels also counts when a lower rung catches it",
        mutants.len() - unused
    );
    if unused == 0 { score } else { format!("{score}; {unused} are in operations that were not used") }
}

/// The rung and case that caught the bug, or `not caught`.
pub fn verdict(mutant: &Mutant) -> String {
    match mutant.status {
        Fate::Killed => caught(mutant),
        Fate::WrongRung => format!("wrong rung, {}", caught(mutant)),
        Fate::Survived | Fate::Unused => fate(mutant).into(),
    }
}

fn fate(mutant: &Mutant) -> &'static str {
    match mutant.status {
        Fate::Killed => "caught",
        Fate::WrongRung => "wrong rung",
        Fate::Survived => "NOT CAUGHT",
        Fate::Unused => "not used",
    }
}

fn caught(mutant: &Mutant) -> String {
    let Some(case) = &mutant.case else { return String::new() };
    let share = mutant.share.map_or(String::new(), |share| format!(", {} of the bound", percent(share.0)));
    let quantity = mutant.quantity.as_deref().unwrap_or_default();
    match (mutant.status, mutant.rung.as_deref()) {
        (Fate::WrongRung, Some(rung)) => format!("by {rung}: {quantity} in {case}{share}"),
        _ => format!("{quantity} in {case}{share}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_table_says_who_caught_what_and_what_nobody_did() {
        let text = render(&sample::report().mutants);
        assert!(text.contains("caught        x.grad in max-pool/batch3/ties, ∞ of the bound"), "{text}");
        assert!(text.contains("NOT CAUGHT"), "{text}");
        assert!(text.ends_with("1 of 2 planted bugs were caught by the rung that should catch them; a bug in the kernels also counts when a lower rung catches it\n"), "{text}");
    }
}
