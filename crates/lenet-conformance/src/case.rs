//! [`Case`]: a named computation whose results are compared with the oracle's.

use std::fmt;

use crate::{Error, Findings, Rung, Subject};
use lenet_report::conformance::Status;

type Body = Box<dyn Fn(&Subject, &mut Findings) -> Result<(), Error>>;

/// A named computation that runs on a subject and compares the results with the oracle's. The oracle's
/// results are computed once and reused for every subject of the same precision.
#[non_exhaustive]
pub struct Case {
    /// Rung of the ladder.
    pub rung: Rung,
    /// Name, unique within the rung, such as `conv1/batch3/random`.
    pub name: String,
    body: Body,
}

impl Case {
    /// A case that runs `body`. An error of `body` becomes a failed check.
    pub fn new(
        rung: Rung,
        name: impl Into<String>,
        body: impl Fn(&Subject, &mut Findings) -> Result<(), Error> + 'static,
    ) -> Self {
        Self { rung, name: name.into(), body: Box::new(body) }
    }

    /// Runs the case on `subject`. An error of the case becomes a failed check.
    pub fn run(&self, subject: &Subject) -> Findings {
        let mut findings = Findings::new(self.rung, &self.name);
        if let Err(error) = (self.body)(subject, &mut findings) {
            findings.verdict("error", Status::Fail, error.to_string());
        }
        findings
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("rung", &self.rung).field("name", &self.name).finish_non_exhaustive()
    }
}
