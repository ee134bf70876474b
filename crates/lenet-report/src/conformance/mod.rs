//! The records of a conformance run: the lines that `lenet-conformance` prints, the [`Report`] made of them,
//! and the report as text, Markdown, JSON, and with the features `html` and `junit` as a page and as JUnit
//! XML.
//!
//! ```
//! use lenet_report::conformance::{Ended, Outcome, Transcript};
//!
//! let mut transcript = Transcript::default();
//! transcript.hear(r#"{"event":"check","rung":"probe","case":"adapter","status":"pass"}"#);
//! transcript.hear(r#"{"event":"end","pass":1}"#);
//! assert_eq!(transcript.outcome(&Ended::Exited(0), ""), Outcome::Finished);
//! ```

mod comparison;
pub mod console;
mod event;
pub mod grid;
#[cfg(feature = "junit")]
pub mod junit;
pub mod markdown;
pub mod mutants;
mod number;
mod outcome;
#[cfg(feature = "html")]
pub mod page;
mod record;
pub mod repeat;
mod report;
#[cfg(test)]
mod sample;
mod transcript;

pub use comparison::{Changes, compare, render as render_changes};
pub use event::{Event, VERSION};
pub use number::Number;
pub use outcome::{Ended, Outcome};
pub use record::{
    About, Check, Curve, End, Fate, Listed, Mutant, Place, Series, Status, Tally, Unavailable, Worst,
};
pub use report::{Report, Rung, Settings, Subject, Verdict, is_named};
pub use transcript::Transcript;
