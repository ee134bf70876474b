//! What the page does, in plain Rust: no JavaScript, no threads, no files.
//!
//! | item | does |
//! |---|---|
//! | [`Network`] | reads images with every layer, from weights in the box, a seed or a file |
//! | [`Network::input_gradient`], [`Network::occlusion`], [`Network::towards`] | why it answers so |
//! | [`frame_pixels`], [`frame_strokes`] | a photo or a drawing becomes the 32×32 image that it reads |
//! | [`sample`], [`Digits`] | synthetic digits, MNIST's files, the user's own |
//! | [`Training`] | trains for some milliseconds at a time |
//! | [`Lesson`] | one step of training in its five parts |
//! | [`fingerprint`] | hashes of results, which are equal in a browser and natively |

mod digits;
mod fingerprint;
mod frame;
mod gradients;
mod layers;
mod lesson;
mod network;
mod options;
mod pretrained;
mod reading;
mod steps;
mod training;
mod why;

pub use digits::{Digits, sample};
pub use fingerprint::fingerprint;
pub use frame::{Framed, frame_pixels, frame_strokes};
pub use lesson::{Lesson, Update};
pub use network::{About, Network};
pub use options::{TrainingOptions, loss};
pub use reading::Reading;
pub use training::{Progress, Training, Validation};
pub use why::Path;

/// Number of pixels of an image: 32 × 32.
pub const PIXELS: usize = 32 * 32;
