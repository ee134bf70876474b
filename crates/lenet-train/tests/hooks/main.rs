//! The hooks that come with the loop do what they say.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod edges;
mod gradients;
mod logs;
mod net;
mod steering;
mod trace;
