//! The records that trainings and conformance runs write, and the pages, charts and tables made of them.
//!
//! | module | content |
//! |---|---|
//! | [`run`] | the records of a training: the lines of `metrics.jsonl` |
//! | [`conformance`] | the records of a conformance run, its report as text, Markdown, page and JUnit XML |
//! | `chart` (feature `html`) | line and bar charts as SVG |
//! | [`numbers`] | medians, and numbers formatted for readers |
//!
//! This crate does not depend on Burn and computes no result itself. Without features it has the records
//! alone.

#[cfg(feature = "html")]
pub mod chart;
pub mod conformance;
mod error;
pub mod numbers;
pub mod run;

pub use error::Error;
