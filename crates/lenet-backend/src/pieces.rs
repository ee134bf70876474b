//! [`in_pieces`]: numbers that several threads write.

/// `len` numbers, written in pieces of `piece` numbers (the last one may be shorter): `write` gets the index of a piece
/// and its numbers, each of them `before` so far.
///
/// The threads that compute on a CPU backend take pieces, too, while they look out for work of the calling thread: for a
/// fifth of a millisecond after each operation. So what lies between two operations, such as building a batch, need not
/// leave them idle.
///
/// ```
/// let squares = lenet_backend::in_pieces(5, 2, 0.0, |piece, numbers| {
///     for (place, number) in numbers.iter_mut().enumerate() {
///         *number = (2 * piece + place).pow(2) as f32;
///     }
/// });
/// assert_eq!(squares, [0.0, 1.0, 4.0, 9.0, 16.0]);
/// ```
///
/// # Panics
/// If `piece` is 0.
pub fn in_pieces(
    len: usize,
    piece: usize,
    before: f32,
    write: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    {
        use crate::kernels::fresh::Fresh;
        use crate::kernels::partition::for_each_awake;

        let mut numbers = Fresh::new(len, before);
        for_each_awake(numbers.pieces(piece).enumerate(), |(index, piece)| write(index, piece.numbers()));
        numbers.finish()
    }
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    {
        let mut numbers = vec![before; len];
        numbers.chunks_mut(piece).enumerate().for_each(|(index, piece)| write(index, piece));
        numbers
    }
}
