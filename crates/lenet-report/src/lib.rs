//! The records that trainings and conformance runs write, and the pages, charts and tables made of them.
//!
//! | module | content |
//! |---|---|
//! | [`run`] | the records of a training: the lines of `metrics.jsonl` |
//! | [`conformance`] | the records of a conformance run, its report as text, Markdown, page and JUnit XML |
//! | [`statistics`] | intervals of an accuracy, calibration, rejection |
//! | `training` (feature `html`) | the report of trainings as a page, and the overview, a table of runs |
//! | `sweep` (feature `html`) | the page of a sweep, many runs over settings and seeds |
//! | `influence` (feature `html`) | the effects of leaving training images out, and their page |
//! | `figure` (feature `html`) | the figure of the network as SVG |
//! | `chart`, `picture` (feature `html`) | charts as SVG, numbers as pixels |
//! | `document` (feature `html`) | the frame of every page |
//! | [`numbers`] | medians, and numbers formatted for readers |
//!
//! This crate does not depend on Burn: every number comes to it in a record. Without features it has the records
//! alone.

#[cfg(feature = "html")]
pub mod chart;
pub mod conformance;
#[cfg(feature = "html")]
pub mod document;
mod error;
#[cfg(feature = "html")]
pub mod figure;
#[cfg(feature = "html")]
pub mod influence;
pub mod numbers;
#[cfg(feature = "html")]
pub mod picture;
pub mod run;
pub mod statistics;
#[cfg(feature = "html")]
pub mod sweep;
#[cfg(feature = "html")]
pub mod training;

pub use error::Error;
