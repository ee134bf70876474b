//! [`in_pieces`]: a vector that several threads write.

use crate::{Fresh, for_each_awake};

/// Returns a vector of `len` numbers, written in pieces of `piece` numbers (the last one may be shorter):
/// `write` gets the index of a piece and its numbers, each of them `before` so far.
///
/// Wakes no thread, as [`for_each_awake`]: threads that computed for the calling thread within the last fifth
/// of a millisecond take part. Work between two parallel loops, such as building the next batch, then need
/// not leave them idle.
///
/// ```
/// let squares = lenet_threads::in_pieces(5, 2, 0.0, |piece, numbers| {
///     for (place, number) in numbers.iter_mut().enumerate() {
///         *number = (2 * piece + place).pow(2) as f32;
///     }
/// });
/// assert_eq!(squares, [0.0, 1.0, 4.0, 9.0, 16.0]);
/// ```
///
/// # Panics
/// If `piece` is 0.
pub fn in_pieces<T: Copy + Send + Sync>(
    len: usize,
    piece: usize,
    before: T,
    write: impl Fn(usize, &mut [T]) + Sync,
) -> Vec<T> {
    let mut numbers = Fresh::new(len, before);
    for_each_awake(numbers.pieces(piece).enumerate(), |(index, piece)| write(index, piece.numbers()));
    numbers.finish()
}
