//! Memory for results, made ready by the threads that fill it.
//!
//! `vec![0.0; len]` writes all of a result once on the calling thread, before the kernels write it again. Here each task
//! makes its own piece ready: right before it fills it, in parallel and while the piece is in the cache, or, where the
//! kernel is known to write every number, by filling it.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What a number is before it is written. In tests nothing that a kernel left out can pass for a result.
pub(crate) const UNWRITTEN: f32 = if cfg!(test) { f32::NAN } else { 0.0 };

/// A vector whose numbers are not there yet.
pub(crate) struct Fresh<T> {
    numbers: Vec<T>,
    len: usize,
    before: T,
    /// How many of them are there.
    ready: AtomicUsize,
}

/// A piece of it.
pub(crate) struct Piece<'a, T> {
    memory: &'a mut [MaybeUninit<T>],
    before: T,
    ready: &'a AtomicUsize,
}

impl<T: Copy> Fresh<T> {
    /// `len` numbers, each of them `before` until it is written.
    pub fn new(len: usize, before: T) -> Self {
        Self { numbers: Vec::with_capacity(len), len, before, ready: AtomicUsize::new(0) }
    }

    /// All of it in pieces of `len` numbers; the last one may be shorter.
    pub fn pieces(&mut self, len: usize) -> impl Iterator<Item = Piece<'_, T>> {
        let (before, ready) = (self.before, &self.ready);
        let memory = &mut self.numbers.spare_capacity_mut()[..self.len];
        memory.chunks_mut(len).map(move |memory| Piece { memory, before, ready })
    }

    /// The vector.
    ///
    /// # Panics
    /// If not every piece was made ready.
    pub fn finish(mut self) -> Vec<T> {
        assert_eq!(self.ready.into_inner(), self.len, "numbers that are ready");
        // SAFETY: there is capacity for `len` numbers. Pieces do not overlap and each can be made ready once, as that
        // takes it by value: as many as are ready in all are all of them. Whoever made one ready on another thread has
        // ended its work, since pieces borrow from `self`.
        unsafe { self.numbers.set_len(self.len) };
        self.numbers
    }
}

impl<'a, T: Copy> Piece<'a, T> {
    /// The numbers, to be overwritten.
    pub fn numbers(self) -> &'a mut [T] {
        self.memory.fill(MaybeUninit::new(self.before));
        self.ready.fetch_add(self.memory.len(), Relaxed);
        let memory: *mut [MaybeUninit<T>] = self.memory;
        // SAFETY: the memory is borrowed for as long as the result, from here alone, and has just been written.
        unsafe { &mut *(memory as *mut [T]) }
    }

    /// Has `kernel` write the numbers.
    /// # Safety
    /// `kernel` writes every number, and reads none before.
    pub unsafe fn written_by(self, kernel: impl FnOnce(&mut [MaybeUninit<T>])) {
        if cfg!(test) {
            self.memory.fill(MaybeUninit::new(self.before));
        }
        kernel(self.memory);
        self.ready.fetch_add(self.memory.len(), Relaxed);
    }
}
