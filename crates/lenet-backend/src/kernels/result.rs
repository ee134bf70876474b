//! Memory for results of kernels: [`Fresh`](lenet_threads::Fresh) vectors of `f32`.

use std::mem::MaybeUninit;

use lenet_threads::Piece;

/// The value of a number before a kernel writes it. In tests it is NaN, so that a number that a kernel left
/// out does not pass for a result.
pub(crate) const UNWRITTEN: f32 = if cfg!(test) { f32::NAN } else { 0.0 };

/// Has `kernel` write a piece of a result.
///
/// # Safety
/// `kernel` writes every number, and reads none before it has written it.
#[inline(always)]
pub(crate) unsafe fn write_piece(piece: Piece<f32>, kernel: impl FnOnce(&mut [MaybeUninit<f32>])) {
    // SAFETY: the caller's.
    unsafe {
        piece.written_by(|numbers| {
            // Miri finds numbers that are left out by itself, unless they are written here.
            if cfg!(all(test, not(miri))) {
                numbers.fill(MaybeUninit::new(UNWRITTEN));
            }
            kernel(numbers);
        })
    }
}
