//! The report as JUnit XML, which CI systems show: a suite for each subject and rung, a test case for each
//! check.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::outcome::Outcome;
use super::record::{Check, Status};
use super::repeat;
use super::report::{Report, Subject};
use crate::Error;

/// The report as XML.
///
/// # Errors
/// If it cannot be written as XML.
pub fn render(report: &Report) -> Result<String, Error> {
    let mut junit = Junit::new("test-backends");
    junit.set_time(Duration::from_secs_f64(report.seconds));
    for subject in &report.subjects {
        for rung in &report.rungs {
            let mut suite = TestSuite::new(format!("{}.{}", subject.name, rung.name));
            let of_rung = subject.checks.iter().filter(|check| check.rung == rung.name);
            suite.add_test_cases(of_rung.map(|check| test_case(report, subject, check)));
            if !suite.test_cases.is_empty() {
                junit.add_test_suite(suite);
            }
        }
        let mut suite = TestSuite::new(format!("{}.program", subject.name));
        suite.set_time(Duration::from_secs_f64(subject.seconds));
        suite.add_test_case(ended(report, subject));
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(|error| Error::Junit(error.to_string()))
}

fn test_case(report: &Report, subject: &Subject, check: &Check) -> TestCase {
    let status = match check.status {
        Status::Pass | Status::Warn => TestCaseStatus::success(),
        Status::Fail => {
            let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failed.set_message(check.detail.as_str());
            let worst = check.worst.as_ref().map_or(String::new(), |worst| format!("{worst:?}\n"));
            failed.set_description(worst + &repeat::check(report, subject, check));
            failed
        }
        Status::NotComparable | Status::Unsupported | Status::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(check.detail.as_str());
            skipped
        }
    };
    let name = format!("{} {}", check.case, check.quantity);
    let mut case = TestCase::new(name.trim_end(), status);
    case.set_classname(format!("{}.{}", subject.name, check.rung));
    if check.status == Status::Warn {
        case.set_system_out(format!("warning: {}", check.detail));
    }
    case
}

/// A test case for the normal end of the program.
fn ended(report: &Report, subject: &Subject) -> TestCase {
    let status = match subject.outcome.problem() {
        None => TestCaseStatus::success(),
        Some(what) => {
            let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
            error.set_type(match subject.outcome {
                Outcome::Missing { .. } => "missing",
                Outcome::Crashed { .. } => "crash",
                Outcome::TimedOut { .. } => "timeout",
                Outcome::Finished | Outcome::Incomplete { .. } => "incomplete",
            });
            error.set_message(what);
            error.set_description(repeat::subject(report, subject));
            error
        }
    };
    let mut case = TestCase::new("comes to its end", status);
    case.set_classname(format!("{}.program", subject.name));
    case
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn checks_that_failed_are_failures_and_programs_that_died_are_errors() {
        let junit = Junit::deserialize_from_str(&render(&sample::report()).unwrap()).unwrap();
        let of = |name: &str| junit.test_suites.iter().find(|suite| suite.name.as_str() == name).unwrap();
        assert_eq!(of("ndarray.ops-backward").failures, 1);
        assert_eq!(of("flex.ops-backward").skipped, 1, "not comparable is not passed");
        assert_eq!(of("wgpu+fusion.program").errors, 1);
        assert_eq!((junit.failures, junit.errors), (1, 3));
    }

    #[test]
    fn every_check_is_a_test_case() {
        let report = sample::report();
        let junit = Junit::deserialize_from_str(&render(&report).unwrap()).unwrap();
        let checks: usize = report.subjects.iter().map(|subject| subject.checks.len() + 1).sum();
        assert_eq!(junit.tests, checks);
    }
}
