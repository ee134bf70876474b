//! The command that repeats a result.

use super::record::{Check, Place};
use super::report::{Report, Subject};

const COMMAND: &str = "cargo xtask test-backends";

/// The command that repeats a check, from its replay file if it has one.
pub fn check(report: &Report, subject: &Subject, check: &Check) -> String {
    match &check.replay {
        Some(file) => format!("{COMMAND} --replay {}", quoted(file)),
        None => {
            let place = Place { rung: check.rung.clone(), case: check.case.clone() };
            case(report, subject, Some(&place))
        }
    }
}

/// The command that repeats the end of a subject's run.
pub fn subject(report: &Report, subject: &Subject) -> String {
    case(report, subject, subject.outcome.during())
}

fn case(report: &Report, subject: &Subject, place: Option<&Place>) -> String {
    let mut command = COMMAND.to_owned();
    // On the rung `exchange` a subject reads the files of the others, so all subjects must run.
    if place.is_none_or(|place| place.rung != "exchange") {
        command += &format!(" --backend {}", subject.name);
    }
    if let Some(Place { rung, case }) = place {
        command += &format!(" --rung {rung} --case {}", quoted(case));
    }
    if report.settings.seed != 0 {
        command += &format!(" --seed {}", report.settings.seed);
    }
    if report.settings.quick {
        command += " --quick";
    }
    command
}

/// Quotes a word for a shell if necessary.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=+,@".contains(c);
    if word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_command_chooses_what_was_chosen() {
        let mut report = sample::report();
        (report.settings.seed, report.settings.quick) = (7, true);
        let flex = &report.subjects[0];
        let command = check(&report, flex, &flex.checks[0]);
        let expected = "cargo xtask test-backends --backend flex --rung ops-forward \
            --case conv1/batch3/random --seed 7 --quick";
        assert_eq!(command, expected);
    }

    #[test]
    fn a_crash_is_repeated_by_the_case_that_had_begun_last() {
        let report = sample::report();
        let command = subject(&report, &report.subjects[3]);
        assert!(
            command.ends_with("--backend wgpu+fusion --rung ops-backward --case conv1/batch1/random"),
            "{command}"
        );
    }

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(quoted("conv1/batch3"), "conv1/batch3");
        assert_eq!(quoted("a b*"), "'a b*'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
