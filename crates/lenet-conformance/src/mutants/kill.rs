//! Which rung of the ladder catches a planted bug.

use super::Plant;
use crate::run::attempt;
use crate::{Case, Ladder, Subject};
use lenet_report::conformance::{Fate, Mutant, Status};

/// A subject to plant bugs on, and the short ladder that should catch them. What the oracle computes for it is
/// computed once for all bugs.
pub struct Killing {
    subject: Subject,
    cases: Vec<Case>,
}

impl Killing {
    /// The short ladder for bugs planted on `subject`.
    pub fn new(subject: Subject) -> Self {
        Self { subject, cases: Ladder { seed: 0, quick: true, exchange: None }.cases() }
    }

    /// Plants a bug and climbs the ladder up to the rung that should catch it, or to the first that does.
    pub fn kill(&self, plant: &Plant) -> Mutant {
        let mut operations = self.subject.operations;
        (plant.plant)(&mut operations);
        let subject = self.subject.with_operations(operations);
        let mutant = Mutant {
            name: plant.name.to_owned(),
            what: plant.what.to_owned(),
            expected_rung: plant.rung.to_string(),
            status: Fate::Survived,
            rung: None,
            case: None,
            quantity: None,
            share: None,
        };
        for case in self.cases.iter().filter(|case| case.rung <= plant.rung) {
            let findings = attempt(&subject, case);
            let failed = findings.checks.into_iter().find(|finding| finding.check.status == Status::Fail);
            if let Some(failed) = failed {
                let status = if case.rung == plant.rung { Fate::Killed } else { Fate::WrongRung };
                let (rung, case) = (Some(case.rung.to_string()), Some(case.name.clone()));
                let (quantity, share) = (Some(failed.check.quantity), failed.check.share);
                return Mutant { status, rung, case, quantity, share, ..mutant };
            }
        }
        mutant
    }
}
