//! The hooks that come with the loop.

mod json_lines;
mod progress;

pub use json_lines::{JsonLines, Record};
pub use progress::Progress;
