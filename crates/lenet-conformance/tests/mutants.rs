//! Every planted bug is caught, and by the rung that should catch it.

// The helper functions of tests may panic, as tests do.
#![allow(clippy::unwrap_used)]

use lenet_conformance::Subject;
use lenet_conformance::mutants::{MutationRun, all};
use lenet_report::conformance::{Fate, Mutant};

#[test]
fn every_planted_bug_is_caught_by_the_rung_that_should_catch_it() {
    std::panic::set_hook(Box::new(|_| {})); // A mutant may panic; the table shows it.
    let mutation_run = MutationRun::new(Subject::open("flex").unwrap());
    let mutants: Vec<Mutant> = all().iter().map(|mutation| mutation_run.run(mutation)).collect();
    let _ = std::panic::take_hook();
    for mutant in &mutants {
        let rung = mutant.rung.as_deref().unwrap_or("nothing");
        let case = mutant.case.as_deref().unwrap_or_default();
        println!("{:44} {:15} {:15} {case}", mutant.name, mutant.expected_rung, rung);
    }
    let survivors: Vec<&str> = mutants
        .iter()
        .filter(|mutant| !matches!(mutant.status, Fate::Killed | Fate::Unused))
        .map(|mutant| mutant.name.as_str())
        .collect();
    assert!(survivors.is_empty(), "not caught by the rung that should: {survivors:?}");
}
