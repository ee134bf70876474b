//! Memory for intermediate numbers that starts on a cache line, so that vectors do not straddle two lines.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Numbers of one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Line(pub [f32; 16]);

/// A slice for intermediate numbers.
///
/// Its memory comes from the slice dropped last on this thread: a training step needs the same dozen slices
/// again and again, and allocating aligned memory is slow.
pub(crate) struct Scratch {
    lines: Vec<Line>,
    len: usize,
}

thread_local! {
    /// Memory of dropped slices.
    static SPARE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

impl Scratch {
    /// Zeros.
    pub fn zeros(len: usize) -> Self {
        let mut scratch = Self::any(len);
        scratch.fill(0.0);
        scratch
    }

    /// Numbers that an earlier slice left behind, to be overwritten.
    pub fn any(len: usize) -> Self {
        let mut lines = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        // Not shortened: numbers that are there need not be written again.
        if lines.len() < len.div_ceil(16) {
            lines.resize(len.div_ceil(16), Line([0.0; 16]));
        }
        Self { lines, len }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        // Fails at the end of a thread, when nobody will use the memory.
        let _ = SPARE.try_with(|spare| spare.borrow_mut().push(lines));
    }
}

impl Deref for Scratch {
    type Target = [f32];

    #[inline(always)]
    fn deref(&self) -> &[f32] {
        // SAFETY: a line is 16 numbers without padding, and there are lines for `len` numbers or more.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Scratch {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`; the borrow of `self` is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
