//! Compares every number that a backend computes with an f64 oracle, from single operations up to training.
//!
//! [`lenet_oracle`] computes every number of the network in f64 by plain loops, with two bounds on the
//! rounding error of an f32 result. [`pytorch`] contains PyTorch's results in f64, and [`parity`] compares a
//! backend with them, within the oracle's bounds.
//!
//! A [`Subject`] is a device with the [`Operations`] that compute on it; the [`Ladder`] has the [`Case`]s,
//! from single operations up to training, and [`run`] takes a subject up the ladder. [`mutants`] mutations
//! bugs to see that each is caught. The program `lenet-conformance` prints the results as the events of
//! [`lenet_report::conformance`].
//!
//! ```
//! use lenet_conformance::{Ladder, Rung, Subject, run};
//!
//! let subject = Subject::open("flex")?;
//! let mut cases = Ladder::new(0, true).cases();
//! cases.retain(|case| case.rung == Rung::OpsForward && case.name.starts_with("conv1/"));
//! let totals = run::run(&subject, &cases, &run::RunOptions::default(), |event| {
//!     event.write(&mut std::io::stdout())
//! })?;
//! assert_eq!(totals.fail, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod case;
mod compare;
mod digits;
mod error;
pub mod exchange;
mod findings;
mod inputs;
mod judge;
mod ladder;
mod memo;
pub mod mutants;
mod network;
mod operations;
pub mod parity;
pub mod probe;
pub mod pytorch;
mod repeat;
pub mod replay;
pub mod run;
mod rung;
mod subject;
mod training_case;

pub use array::Array;
pub use case::Case;
pub use compare::Measure;
pub use error::Error;
pub use findings::{Axis, Finding, Findings};
pub use inputs::Kind;
pub use ladder::Ladder;
pub use operations::Operations;
pub use rung::Rung;
pub use subject::{FloatType, Subject};

/// Number of classes: the ten digits.
const CLASSES: usize = 10;
