//! [`Transcript`]: the output of one program, and the outcome that follows from it.

use super::event::{Event, VERSION};
use super::outcome::{Ended, Outcome};
use super::record::{About, Check, Curve, Listed, Mutant, Place, Tally, Unavailable};

/// Number of lines of a crashed program's standard error that the report keeps; the log has all of them.
const LAST_WORDS: usize = 5;

/// The parsed output of one program.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// Description of the subject.
    pub about: Option<About>,
    /// Compared quantities.
    pub checks: Vec<Check>,
    /// Plots.
    pub curves: Vec<Curve>,
    /// Subjects, rungs and cases that can be chosen.
    pub listed: Vec<Listed>,
    /// Planted bugs.
    pub mutants: Vec<Mutant>,
    /// The case that began last.
    pub last: Option<Place>,
    unavailable: Option<Unavailable>,
    end: Option<Tally>,
    /// Lines that are not events.
    junk: Vec<String>,
}

impl Transcript {
    /// Parses a line of the output and adds its event.
    pub fn hear(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        match serde_json::from_str(line) {
            Ok(Event::Subject(about)) => self.about = Some(about),
            Ok(Event::Unavailable(unavailable)) => self.unavailable = Some(unavailable),
            Ok(Event::Begin(place)) => self.last = Some(place),
            Ok(Event::Check(check)) => self.checks.push(check),
            Ok(Event::Curve(curve)) => self.curves.push(curve),
            Ok(Event::End(end)) => self.end = Some(end.tally),
            Ok(Event::Listed(listed)) => self.listed.push(listed),
            Ok(Event::Mutant(mutant)) => self.mutants.push(mutant),
            Ok(Event::Unknown) => (),
            Err(_) => self.junk.push(line.chars().take(200).collect()),
        }
    }

    /// Outcome of the program, given how it ended and its standard error.
    pub fn outcome(&self, ended: &Ended, errors: &str) -> Outcome {
        let during = self.last.clone();
        let last_words = tail(errors);
        let died = |how| Outcome::Crashed { how, during: during.clone(), last_words: last_words.clone() };
        match (ended, &self.unavailable, self.end) {
            (Ended::TimedOut(limit), ..) => Outcome::TimedOut { seconds: limit.as_secs(), during },
            (Ended::Signal(_), ..) => died(ended.to_string()),
            (Ended::Exited(_), Some(Unavailable { reason, remedy, .. }), _) => {
                Outcome::Missing { reason: reason.clone(), remedy: remedy.clone() }
            }
            (Ended::Exited(2), None, None) => {
                Outcome::Incomplete { why: format!("it refused: {last_words}") }
            }
            (Ended::Exited(_), None, None) => died(ended.to_string()),
            (Ended::Exited(code), None, Some(end)) => match self.doubt(*code, end) {
                Some(why) => Outcome::Incomplete { why },
                None => Outcome::Finished,
            },
        }
    }

    /// Why a run that ended normally is not trusted: a lost line may have been a failure.
    fn doubt(&self, code: i32, end: Tally) -> Option<String> {
        let protocol = self.about.as_ref().map_or(VERSION, |about| about.protocol);
        if protocol != VERSION {
            return Some(format!("it speaks version {protocol} of the protocol, and this program {VERSION}"));
        }
        let heard = self.tally();
        if heard != end {
            let junk = self.junk.first().map_or(String::new(), |line| format!("; not understood: {line}"));
            return Some(format!("it counts {end:?}, but what arrived is {heard:?}{junk}"));
        }
        let expected = i32::from(end.fail > 0);
        (code != expected).then(|| format!("exit code {code} with {} failures", end.fail))
    }

    /// Number of checks by status; a planted bug counts as passed if it was caught.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::of(&self.checks);
        for mutant in &self.mutants {
            tally.add(mutant.status.status());
        }
        tally
    }
}

/// The last lines that are not empty.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BEGIN: &str = r#"{"event":"begin","rung":"ops-forward","case":"conv1/batch3/random"}"#;
    const PASS: &str = r#"{"event":"check","rung":"ops-forward","case":"conv1/batch3/random","quantity":"y","status":"pass","share":0.03}"#;
    const FAIL: &str = r#"{"event":"check","rung":"ops-forward","case":"conv1/batch3/random","quantity":"y","status":"fail","share":"Infinity","worst":{"index":[0,1],"value":"NaN","expected":1.5,"bound":1e-7}}"#;

    fn transcript(lines: &[&str]) -> Transcript {
        let mut transcript = Transcript::default();
        lines.iter().for_each(|line| transcript.hear(line));
        transcript
    }

    fn end(pass: u64, fail: u64) -> String {
        format!(r#"{{"event":"end","pass":{pass},"warn":0,"fail":{fail},"seconds":0.5}}"#)
    }

    fn outcome(lines: &[&str], code: i32) -> Outcome {
        transcript(lines).outcome(&Ended::Exited(code), "")
    }

    #[test]
    fn a_run_to_the_end_is_finished_whether_checks_pass_or_fail() {
        assert_eq!(outcome(&[BEGIN, PASS, &end(1, 0)], 0), Outcome::Finished);
        assert_eq!(outcome(&[BEGIN, PASS, FAIL, &end(1, 1)], 1), Outcome::Finished);
    }

    #[test]
    fn a_crash_in_mid_stream_names_the_signal_and_the_case_that_began_last() {
        let outcome = transcript(&[BEGIN, PASS, BEGIN])
            .outcome(&Ended::Signal("SIGSEGV (11)".into()), "1\n2\n3\n4\n\n5\n6\n\n");
        let during = Some(Place { rung: "ops-forward".into(), case: "conv1/batch3/random".into() });
        let last_words = "2\n3\n4\n5\n6".into();
        assert_eq!(outcome, Outcome::Crashed { how: "SIGSEGV (11)".into(), during, last_words });
    }

    #[test]
    fn a_crash_before_anything_was_said_is_one_too() {
        assert!(matches!(outcome(&[], 101), Outcome::Crashed { during: None, .. }));
        assert!(matches!(outcome(&[], 0), Outcome::Crashed { .. }), "silence is not success");
    }

    #[test]
    fn a_hang_names_its_case() {
        let outcome = transcript(&[BEGIN]).outcome(&Ended::TimedOut(Duration::from_secs(9)), "");
        assert!(matches!(outcome, Outcome::TimedOut { seconds: 9, during: Some(_) }));
    }

    #[test]
    fn a_missing_adapter_has_its_reason_and_remedy() {
        let line = r#"{"event":"unavailable","subject":"wgpu","reason":"no adapter","remedy":"install one"}"#;
        let missing = Outcome::Missing { reason: "no adapter".into(), remedy: "install one".into() };
        assert_eq!(outcome(&[line], 2), missing);
    }

    #[test]
    fn a_refusal_says_why() {
        let outcome = transcript(&[]).outcome(&Ended::Exited(2), "unknown rung `ops`\n");
        assert_eq!(outcome, Outcome::Incomplete { why: "it refused: unknown rung `ops`".into() });
    }

    #[test]
    fn lines_of_libraries_are_overlooked_but_a_mangled_event_is_not() {
        assert_eq!(outcome(&["using llvmpipe", BEGIN, PASS, "", &end(1, 0)], 0), Outcome::Finished);
        let mangled = &PASS[..50];
        let Outcome::Incomplete { why } = outcome(&[BEGIN, PASS, mangled, &end(2, 0)], 0) else { panic!() };
        assert!(why.contains(mangled), "{why}");
    }

    #[test]
    fn an_exit_code_that_contradicts_the_checks_is_not_believed() {
        assert!(matches!(outcome(&[BEGIN, PASS, &end(1, 0)], 1), Outcome::Incomplete { .. }));
        assert!(matches!(outcome(&[BEGIN, FAIL, &end(0, 1)], 0), Outcome::Incomplete { .. }));
    }

    #[test]
    fn another_version_of_the_protocol_is_not_believed() {
        let subject = r#"{"event":"subject","protocol":2,"subject":"flex"}"#;
        let Outcome::Incomplete { why } = outcome(&[subject, PASS, &end(1, 0)], 0) else { panic!() };
        assert!(why.contains("version 2"), "{why}");
    }
}
