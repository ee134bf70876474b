//! `mutate`.

use std::time::Instant;

use lenet_conformance::mutants::{self, Killing};
use lenet_conformance::run::matches;
use lenet_report::conformance::{End, Event, Fate, Status, Tally};

use super::run::{code, open};
use super::{COULD_NOT_RUN, emit};

/// Plants every bug and reports which rung caught it.
pub(super) fn mutate(subject: &str, pattern: Option<&str>) -> anyhow::Result<u8> {
    let started = Instant::now();
    let Some(subject) = open(subject)? else { return Ok(COULD_NOT_RUN) };
    std::panic::set_hook(Box::new(|_| {})); // Mutants may panic; that is reported with them.
    let killing = Killing::new(subject);
    let mut totals = Tally::default();
    for plant in mutants::all().iter().filter(|plant| matches(pattern.unwrap_or("*"), plant.name)) {
        let mutant = killing.kill(plant);
        totals.add(if mutant.status == Fate::Killed { Status::Pass } else { Status::Fail });
        emit(Event::Mutant(mutant))?;
    }
    emit(Event::End(End { tally: totals, seconds: started.elapsed().as_secs_f64() }))?;
    Ok(code(totals))
}
