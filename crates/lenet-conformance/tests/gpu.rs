//! The kernels for GPUs: the short ladder passes, and every bug that is planted in them is caught. Without an adapter the
//! tests are skipped.

// The helper functions of tests may panic, as tests do.
#![allow(clippy::unwrap_used)]

use lenet_conformance::mutants::{MutationRun, all};
use lenet_conformance::run::{RunOptions, run};
use lenet_conformance::{Ladder, Subject};
use lenet_report::conformance::{Event, Fate, Status};

#[test]
fn the_short_ladder_passes_on_a_gpu_and_every_bug_in_its_kernels_is_caught() {
    let Ok(subject) = Subject::open("wgpu") else {
        eprintln!("skipped: this machine has no wgpu adapter");
        return;
    };
    let mut failed = Vec::new();
    let listen = |event| {
        if let Event::Check(check) = event
            && check.status == Status::Fail
        {
            failed.push(check);
        }
        Ok(())
    };
    run(&subject, &Ladder::new(0, true).cases(), &RunOptions::default(), listen).unwrap();
    assert!(failed.is_empty(), "{failed:?}");

    let run = MutationRun::new(subject);
    let mut survivors = Vec::new();
    for mutation in all().iter().filter(|mutation| mutation.name.starts_with("gpu-")) {
        let mutant = run.run(mutation);
        let rung = mutant.rung.as_deref().unwrap_or("nothing");
        println!("{:24} {:15} {}", mutant.name, rung, mutant.case.as_deref().unwrap_or_default());
        if mutant.status != Fate::Killed {
            survivors.push(mutation.name);
        }
    }
    assert!(survivors.is_empty(), "not caught: {survivors:?}");
}
