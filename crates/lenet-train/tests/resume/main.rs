//! A training that was stopped and goes on from a checkpoint ends in the bits of one that was not; and what
//! is not such a checkpoint is refused.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod cut;
mod exact;
mod files;
mod longer;
mod positions;
mod refused;
mod run;
