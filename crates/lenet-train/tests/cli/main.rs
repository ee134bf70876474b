//! The program, started as a user starts it: what it prints, what it leaves, and how it refuses.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod certify;
mod compare;
mod convert;
mod curves;
#[cfg(all(feature = "dashboard", target_os = "linux"))]
mod dashboard;
mod data;
mod digits;
mod distillation;
mod download;
mod eval;
mod fine_tuning;
mod folders;
mod influence;
mod inspect;
#[cfg(unix)]
mod interrupt;
mod members;
mod own_images;
mod predict;
mod pretrained;
mod recipes;
mod refusals;
mod replay;
mod report;
mod reproducible;
mod run_folder;
mod runs;
mod scratch;
mod settings;
mod sheet;
#[cfg(unix)]
mod streams;
mod suspects;
mod sweep;
mod tensorboard;
#[cfg(target_os = "linux")]
mod terminal;
mod trace;
mod train;
