//! LeNet in a web page: reads a drawing with every layer to look at, explains its answers, and trains.
//!
//! [`engine`] is what the page does, in plain Rust. Compiled for `wasm32-unknown-unknown`, the crate also has the
//! functions and classes that the page's JavaScript calls; `cargo xtask web` builds the page.
//!
//! ```
//! use lenet_web::engine::{Network, sample};
//!
//! let network = Network::pretrained();
//! let (image, label) = sample(7, 3);
//! let reading = network.read(&image)?;
//! assert_eq!((reading.digit, label), (3, 3));
//! assert_eq!(reading.c1.len(), 6 * 28 * 28);
//! # Ok::<(), lenet_web::Error>(())
//! ```

pub mod engine;
mod error;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod page;

pub use error::Error;
