//! IDX files, and MNIST from a folder, from the cache and from a mirror on the loopback interface.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

mod cache;
#[cfg(feature = "download")]
mod download;
mod fixture;
mod folder;
mod idx;
#[cfg(feature = "download")]
mod server;
