//! What LeNet must compute, how far rounding may take a backend from it, and a ladder of cases that holds every number
//! of a backend against it.
//!
//! [`lenet_oracle`] computes every number of the network in f64, with loops only and without Burn, and beside each number
//! two bounds for what f32 may make of it. [`pytorch`] has the numbers that PyTorch finds, and [`parity`] holds a backend
//! against them, within the oracle's bounds.
//!
//! A [`Subject`] is a device with the [`Operations`] that compute on it; the [`Ladder`] has the [`Case`]s, from single
//! operations up to training, and [`run`] takes a subject up the ladder. [`mutants`] mutations bugs to see that each is caught.
//! The program `lenet-conformance` prints what comes of it in the lines of [`protocol`].
//!
//! ```
//! use lenet_conformance::{Ladder, Rung, Subject, run};
//!
//! let subject = Subject::open("flex")?;
//! let mut cases = Ladder::new(0, true).cases();
//! cases.retain(|case| case.rung == Rung::OpsForward && case.name.starts_with("conv1/"));
//! let totals = run::run(&subject, &cases, &run::RunOptions::default(), |event| {
//!     lenet_conformance::protocol::write(&mut std::io::stdout(), &event)
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
mod inputs;
mod ladder;
mod memo;
pub mod mutants;
mod network;
mod operations;
pub mod parity;
pub mod probe;
pub mod protocol;
pub mod pytorch;
mod repeat;
pub mod replay;
pub mod run;
mod rung;
mod subject;
mod training_case;

pub use array::Array;
pub use case::{Axis, Case, Finding, Findings};
pub use compare::Measure;
pub use error::Error;
pub use inputs::Kind;
pub use ladder::Ladder;
pub use operations::Operations;
pub use rung::Rung;
pub use subject::{FloatType, Subject};

/// How many digits there are.
const CLASSES: usize = 10;
