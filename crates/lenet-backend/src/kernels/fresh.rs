//! Memory for results, made ready by the threads that fill it.
//!
//! `vec![0.0; len]` writes all of a result once on the calling thread, before the kernels write it again. Here each task
//! makes its own piece ready, right before it fills it: in parallel, and while the piece is in the cache.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What a piece holds before it is filled. In tests nothing that a kernel left out can pass for a result.
const BEFORE: f32 = if cfg!(test) { f32::NAN } else { 0.0 };

/// A vector whose numbers are not there yet.
pub(crate) struct Fresh {
    numbers: Vec<f32>,
    len: usize,
    /// How many of them are.
    ready: AtomicUsize,
}

/// A piece of it.
pub(crate) struct Piece<'a> {
    memory: &'a mut [MaybeUninit<f32>],
    ready: &'a AtomicUsize,
}

impl Fresh {
    pub fn new(len: usize) -> Self {
        Self { numbers: Vec::with_capacity(len), len, ready: AtomicUsize::new(0) }
    }

    /// All of it in pieces of `len` numbers; the last one may be shorter.
    pub fn pieces(&mut self, len: usize) -> impl Iterator<Item = Piece<'_>> {
        let ready = &self.ready;
        let memory = &mut self.numbers.spare_capacity_mut()[..self.len];
        memory.chunks_mut(len).map(move |memory| Piece { memory, ready })
    }

    /// The vector.
    ///
    /// # Panics
    /// If [`Piece::numbers`] was not called for every piece.
    pub fn finish(mut self) -> Vec<f32> {
        assert_eq!(self.ready.into_inner(), self.len, "numbers that are ready");
        // SAFETY: there is capacity for `len` numbers. Pieces do not overlap and each can be made ready once, as that
        // takes it by value: as many as are ready in all are all of them. Whoever made one ready on another thread has
        // ended its work, since pieces borrow from `self`.
        unsafe { self.numbers.set_len(self.len) };
        self.numbers
    }
}

impl<'a> Piece<'a> {
    /// The numbers, to be overwritten.
    pub fn numbers(self) -> &'a mut [f32] {
        self.memory.fill(MaybeUninit::new(BEFORE));
        self.ready.fetch_add(self.memory.len(), Relaxed);
        let memory: *mut [MaybeUninit<f32>] = self.memory;
        // SAFETY: the memory is borrowed for as long as the result, from here alone, and has just been written.
        unsafe { &mut *(memory as *mut [f32]) }
    }
}
