//! The records that trainings and conformance runs write, and the pages, charts and tables made of them.
//!
//! [`run`] has the records of a training: the lines of `metrics.jsonl`.

pub mod run;
