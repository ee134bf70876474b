//! The server at its boundary: a real program on a free port of the loopback.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod limits;
mod pages;
mod predictions;
mod program;
