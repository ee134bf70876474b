//! Parallel loops for computations of microseconds: a team of threads shares the tasks of one loop with its
//! caller.
//!
//! ```
//! let squares = lenet_threads::map(5, |i| i * i);
//! assert_eq!(squares, [0, 1, 4, 9, 16]);
//! ```
//!
//! | function | runs |
//! |---|---|
//! | [`map`] | `work(index)` for each index; returns the results in the order of the indices |
//! | [`for_each`] | `work(task)` for each item of an iterator, and wakes sleeping threads for it |
//! | [`for_each_awake`] | the same, shared only with threads that are awake |
//! | [`in_pieces`] | `write(index, piece)` for each piece of a new vector |
//!
//! There is one team in the process. [`set_threads`] sets its size, [`threads`] returns it, and
//! [`with_threads`] changes it for the loops of one closure. A loop that finds the team busy (from another
//! thread, or from inside a task) runs on its caller alone.
//!
//! # Reproducibility
//! No function tells a task how many threads there are. A loop whose tasks depend only on the size of its
//! input, as [`split`] cuts a batch, computes the same bits with any number of threads.

mod count;
mod error;
mod fresh;
mod pieces;
pub mod split;
mod sync;
mod tasks;
mod team;

pub use count::{MAX_THREADS, set_threads, threads, with_threads};
pub use error::Error;
pub use fresh::{Fresh, Piece};
pub use pieces::in_pieces;
pub use tasks::{for_each, for_each_awake, map};
