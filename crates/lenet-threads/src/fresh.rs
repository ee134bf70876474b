//! Memory for results, initialised by the threads that fill it.
//!
//! `vec![0.0; len]` writes every number on the calling thread before the kernels write them again. Here each
//! task initialises its own piece: with [`Piece::numbers`] right before it fills it, in parallel and while
//! the piece is in the cache, or with [`Piece::written_by`] by filling it, where the kernel is known to write
//! every number.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A vector whose numbers are not written yet.
#[derive(Debug)]
pub struct Fresh<T> {
    numbers: Vec<T>,
    len: usize,
    before: T,
    /// How many numbers are written, of those handed out by the last call of [`Fresh::pieces`].
    written: AtomicUsize,
}

/// A piece of a [`Fresh`] vector.
#[derive(Debug)]
pub struct Piece<'a, T> {
    memory: &'a mut [MaybeUninit<T>],
    before: T,
    written: &'a AtomicUsize,
}

impl<T: Copy> Fresh<T> {
    /// Memory for `len` numbers. [`Piece::numbers`] sets each of them to `before`.
    ///
    /// # Panics
    /// If `len` numbers are more than the memory can hold.
    pub fn new(len: usize, before: T) -> Self {
        Self { numbers: Vec::with_capacity(len), len, before, written: AtomicUsize::new(0) }
    }

    /// The whole memory in pieces of `len` numbers; the last piece may be shorter.
    ///
    /// Called again, it starts anew: the pieces of an earlier call no longer count as written.
    ///
    /// # Panics
    /// If `len` is 0.
    pub fn pieces(&mut self, len: usize) -> impl Iterator<Item = Piece<'_, T>> {
        *self.written.get_mut() = 0;
        let (before, written) = (self.before, &self.written);
        let memory = &mut self.numbers.spare_capacity_mut()[..self.len];
        memory.chunks_mut(len).map(move |memory| Piece { memory, before, written })
    }

    /// The vector.
    ///
    /// # Panics
    /// If a piece of the last call of [`pieces`](Self::pieces) was not written.
    pub fn finish(mut self) -> Vec<T> {
        assert_eq!(self.written.into_inner(), self.len, "numbers that are written");
        // SAFETY: there is capacity for `len` numbers, and all of them are written: `written` counts the
        // pieces of one call of `pieces`, which do not overlap, and each of them once, because
        // writing consumes the piece. Other threads have ended their work, because pieces borrow from
        // `self`.
        unsafe { self.numbers.set_len(self.len) };
        self.numbers
    }
}

impl<'a, T: Copy> Piece<'a, T> {
    /// The numbers, each of them the vector's `before`, to be overwritten.
    pub fn numbers(self) -> &'a mut [T] {
        self.memory.fill(MaybeUninit::new(self.before));
        self.written.fetch_add(self.memory.len(), Relaxed);
        let memory: *mut [MaybeUninit<T>] = self.memory;
        // SAFETY: the memory is borrowed for as long as the result, only here, and was written two lines
        // above.
        unsafe { &mut *(memory as *mut [T]) }
    }

    /// Has `kernel` write the numbers.
    ///
    /// # Safety
    /// `kernel` writes every number, and reads none before it has written it.
    pub unsafe fn written_by(self, kernel: impl FnOnce(&mut [MaybeUninit<T>])) {
        kernel(self.memory);
        self.written.fetch_add(self.memory.len(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "numbers that are written")]
    fn the_same_half_written_twice_is_not_the_whole() {
        let mut fresh = Fresh::new(4, 0_u8);
        for _ in 0..2 {
            fresh.pieces(2).next().unwrap().numbers();
        }
        fresh.finish();
    }

    #[test]
    fn pieces_may_be_taken_anew() {
        let mut fresh = Fresh::new(5, 7_u8);
        fresh.pieces(2).next().unwrap().numbers();
        fresh.pieces(3).for_each(|piece| {
            // SAFETY: every number is written.
            unsafe { piece.written_by(|numbers| numbers.fill(MaybeUninit::new(9))) }
        });
        assert_eq!(fresh.finish(), [9; 5]);
    }

    #[test]
    fn no_numbers_are_no_pieces() {
        assert!(Fresh::new(0, 0_u8).finish().is_empty());
    }
}
