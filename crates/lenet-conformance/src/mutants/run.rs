//! [`MutationRun`]: runs the short ladder on a subject with a planted bug and reports which rung fails first.

use super::mutation::Mutation;
use crate::run::run_case;
use crate::{Case, Ladder, Subject};
use lenet_report::conformance::{Fate, Mutant, Status};

/// A subject to plant bugs in, and the cases of the short ladder. The oracle's results are computed once and
/// shared by all mutations.
#[derive(Debug)]
pub struct MutationRun {
    subject: Subject,
    cases: Vec<Case>,
}

impl MutationRun {
    /// Prepares the short ladder for mutations of `subject`.
    pub fn new(subject: Subject) -> Self {
        Self { subject, cases: Ladder::new(0, true).cases() }
    }

    /// Applies `mutation` and runs the cases up to its expected rung, stopping at the first failed case.
    pub fn run(&self, mutation: &Mutation) -> Mutant {
        let mutant = self.first_failure(mutation);
        #[cfg(feature = "planted-bugs")]
        let mutant = self.after_bug_in_kernels(mutation, mutant);
        mutant
    }

    /// Removes a bug from the kernels. A rung below the expected one may catch it, too.
    #[cfg(feature = "planted-bugs")]
    fn after_bug_in_kernels(&self, mutation: &Mutation, mut mutant: Mutant) -> Mutant {
        let was_reached = super::simd::remove();
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        let was_reached = super::gpu::remove() || was_reached;
        if mutation.is_in_kernels() {
            mutant.status = match mutant.status {
                Fate::WrongRung => Fate::Killed,
                Fate::Survived if !was_reached => Fate::Unused,
                status => status,
            };
        }
        mutant
    }

    fn first_failure(&self, mutation: &Mutation) -> Mutant {
        let mut operations = self.subject.operations;
        (mutation.apply)(&mut operations);
        let subject = self.subject.with_operations(operations);
        let mut mutant = Mutant::new(mutation.name, mutation.what, mutation.rung.to_string());
        for case in self.cases.iter().filter(|case| case.rung <= mutation.rung) {
            let findings = run_case(&subject, case);
            let failed = findings.checks.into_iter().find(|finding| finding.check.status == Status::Fail);
            if let Some(failed) = failed {
                mutant.status = if case.rung == mutation.rung { Fate::Killed } else { Fate::WrongRung };
                (mutant.rung, mutant.case) = (Some(case.rung.to_string()), Some(case.name.clone()));
                (mutant.quantity, mutant.share) = (Some(failed.check.quantity), failed.check.share);
                return mutant;
            }
        }
        mutant
    }
}
