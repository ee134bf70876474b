//! The command `mutate`.

use std::time::Instant;

use anyhow::ensure;
use lenet_conformance::mutants::{self, MutationRun};
use lenet_conformance::run::matches;
use lenet_report::conformance::{End, Event, Tally};

use super::output::{COULD_NOT_RUN, emit, exit_code};
use super::run::open;

/// Plants each bug whose name matches `pattern` and reports which rung caught it.
pub(super) fn mutate(subject: &str, pattern: Option<&str>) -> anyhow::Result<u8> {
    let started = Instant::now();
    let mut mutations = mutants::all();
    mutations.retain(|mutation| matches(pattern.unwrap_or("*"), mutation.name));
    ensure!(!mutations.is_empty(), "no planted bug matches `{}`", pattern.unwrap_or_default());
    let Some(subject) = open(subject)? else { return Ok(COULD_NOT_RUN) };
    std::panic::set_hook(Box::new(|_| {})); // A mutant may panic; its report says so.
    let mutation_run = MutationRun::new(subject);
    let mut totals = Tally::default();
    for mutation in &mutations {
        let mutant = mutation_run.run(mutation);
        totals.add(mutant.status.status());
        emit(Event::Mutant(mutant))?;
    }
    emit(Event::End(End { tally: totals, seconds: started.elapsed().as_secs_f64() }))?;
    Ok(exit_code(totals))
}
