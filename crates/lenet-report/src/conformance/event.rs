//! The lines that the program `lenet-conformance` prints: one JSON object each, with the key `event`.
//!
//! A run that was cut short, by a crash or from outside, ends without [`Event::End`]; the last
//! [`Event::Begin`] names the case in which it ended. Numbers that JSON cannot hold are the strings `NaN`,
//! `Infinity` and `-Infinity`.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::record::{About, Check, Curve, End, Listed, Mutant, Place, Unavailable};

/// Version of these records. A reader refuses records of another version.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// First line of a run: the subject and its machine.
    Subject(About),
    /// The subject cannot be opened; the program exits with code 2.
    Unavailable(Unavailable),
    /// A case begins. If the program dies, it died in this case.
    Begin(Place),
    /// One quantity of a case was compared.
    Check(Check),
    /// Values to plot.
    Curve(Curve),
    /// Last line of a complete run.
    End(End),
    /// A subject, rung or case that can be chosen.
    Listed(Listed),
    /// A planted bug and the rung that caught it.
    Mutant(Mutant),
    /// An event that this version does not know.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Writes the event as one line and flushes, so that a reader has the line even if the next case kills
    /// the program.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_fields_of_a_newer_program_are_ignored() {
        let event: Event = serde_json::from_str(r#"{"event":"weather","sun":true}"#).unwrap();
        assert!(matches!(event, Event::Unknown));
        let text = r#"{"event":"begin","rung":"probe","case":"adapter","mood":"good"}"#;
        assert!(matches!(serde_json::from_str(text).unwrap(), Event::Begin(_)));
    }

    #[test]
    fn an_event_is_one_line_with_its_name_first() {
        let mut out = Vec::new();
        let begin = Place { rung: "ops-forward".into(), case: "conv1/batch3/random".into() };
        Event::Begin(begin).write(&mut out).unwrap();
        let expected = "{\"event\":\"begin\",\"rung\":\"ops-forward\",\"case\":\"conv1/batch3/random\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn an_unavailable_subject_keeps_its_remedy() {
        let unavailable = Unavailable {
            subject: "wgpu".into(),
            reason: "no adapter".into(),
            remedy: "install a driver".into(),
        };
        let line = serde_json::to_string(&Event::Unavailable(unavailable.clone())).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), Event::Unavailable(unavailable));
    }
}
