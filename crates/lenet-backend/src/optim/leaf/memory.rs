//! [`Numbers`] and [`Cells`]: memory that starts on a cache line, owned by one or read by Burn.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::{Arc, Weak};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

use crate::kernels::scratch::Line;

/// Numbers that start on a cache line, so that vectors do not straddle two.
#[derive(Debug)]
pub(super) struct Numbers {
    lines: Box<[Line]>,
    pub(super) len: usize,
}

impl Numbers {
    pub fn new(numbers: &[f32]) -> Self {
        let line =
            |part: &[f32]| Line(std::array::from_fn(|index| part.get(index).copied().unwrap_or_default()));
        Self { lines: numbers.chunks(16).map(line).collect(), len: numbers.len() }
    }

    pub fn slice(&self) -> &[f32] {
        // SAFETY: the lines are `len` numbers or more, without padding.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }

    pub fn slice_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `slice`; the borrow of `self` is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// [`Numbers`] that can be written through a shared reference.
#[derive(Debug)]
pub(super) struct Cells {
    lines: Box<[UnsafeCell<Line>]>,
    len: usize,
}

// SAFETY: they are written only where nobody else has access, see `numbers_of`; otherwise they are read.
unsafe impl Sync for Cells {}

impl Cells {
    pub fn new(numbers: Numbers) -> Self {
        Self { lines: numbers.lines.into_iter().map(UnsafeCell::new).collect(), len: numbers.len }
    }

    /// The numbers of `leaf`, row-major, if they all lie here and no other tensor shares them. `bytes` are what Burn has of
    /// these cells.
    pub fn numbers_of<'a>(
        &'a self,
        bytes: &Weak<Bytes>,
        leaf: &'a mut FloatTensor<Autodiff<Flex>>,
    ) -> Option<&'a mut [f32]> {
        let flex = leaf.primitive();
        flex.as_slice::<f32>().filter(|numbers| numbers.len() == self.len)?;
        let is_alone = flex.is_unique() && std::ptr::eq(Arc::as_ptr(&flex.data_arc()), bytes.as_ptr());
        // SAFETY: Burn reads the cells only through the bytes in the `Arc`. The leaf has the only reference to it, and is
        // borrowed mutably as long as the numbers are: nobody reads them meanwhile. This crate writes them only here.
        is_alone.then(|| unsafe { std::slice::from_raw_parts_mut(self.start().cast(), self.len) })
    }

    /// What Burn gets of the cells.
    pub fn bytes(cells: &Arc<Self>) -> Bytes {
        let len = cells.len * size_of::<f32>();
        // SAFETY: the allocation has this many bytes, all of them written.
        unsafe { Bytes::from_controller(Box::new(Access(Arc::clone(cells))), len) }
    }

    fn start(&self) -> *mut Line {
        UnsafeCell::raw_get(self.lines.as_ptr())
    }
}

/// What Burn has of the cells. It never gets another allocation than this one: there is no growing and no detaching.
struct Access(Arc<Cells>);

impl AllocationController for Access {
    fn alloc_align(&self) -> usize {
        align_of::<Line>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        // SAFETY: as in `memory`; Burn asks for it only with the bytes borrowed mutably, which nobody gets as long as
        // `Shared` has a weak reference to them, and without one this crate does not write.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.0.start().cast(), self.0.len * size_of::<f32>()) })
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        // SAFETY: the lines are this many bytes or more; they are not written as long as the bytes are borrowed.
        Ok(unsafe {
            std::slice::from_raw_parts(self.0.start().cast_const().cast(), self.0.len * size_of::<f32>())
        })
    }
}
