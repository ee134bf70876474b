//! [`Shared`]: memory that a tensor of flex reads and this crate writes.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::{Arc, Weak};

use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, BackendTensor, DispatchTensor, DispatchTensorKind, Flex};
use burn::tensor::{DType, Tensor};
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty, Bytes};

use crate::devices::host::Host;
use crate::kernels::Isa;
use crate::kernels::scratch::Line;
use crate::kernels::update::{MAX_STATE, update};
use crate::optim::step::Step;

/// The numbers of one tensor.
#[derive(Debug)]
pub(super) struct Shared {
    cells: Arc<Cells>,
    /// What Burn has of them. It is weak, so that the tensor still counts as the only one that has its numbers. As long as it
    /// exists nobody gets mutable access to the bytes inside the `Arc`, nor another `Arc` at this address.
    bytes: Weak<Bytes>,
}

impl Shared {
    /// Copies the numbers of a tensor to memory of its own, and returns the tensor with this memory. On other devices
    /// than flex it returns the tensor as it is.
    pub fn take<const D: usize>(parameter: Tensor<D>, shared: &mut Option<Self>) -> Tensor<D> {
        *shared = None;
        let parameter = parameter.into_dispatch();
        let on_flex = match &parameter.kind {
            DispatchTensorKind::Flex(BackendTensor::Float(flex)) => {
                flex.as_slice::<f32>().map(|numbers| (flex, numbers))
            }
            #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
            _ => None,
        };
        let Some((flex, numbers)) = on_flex else { return Tensor::from_dispatch(parameter) };
        let cells = Arc::new(Cells::new(numbers));
        // SAFETY: the allocation has this many bytes, all of them written.
        let bytes =
            unsafe { Bytes::from_controller(Box::new(Access(Arc::clone(&cells))), size_of_val(numbers)) };
        let bytes = Arc::new(bytes);
        *shared = Some(Self { cells, bytes: Arc::downgrade(&bytes) });
        let layout = Layout::contiguous(flex.layout().shape().clone());
        Flex::pack(FlexTensor::from_arc(bytes, layout, DType::F32))
    }

    /// Changes leaf and state; changes nothing and returns `None` if the memory of the leaf is another one, if other tensors
    /// share it, or if the types or shapes are not those of the kernel.
    pub fn step<const D: usize>(&self, step: Step, operands: &mut Operands<D>) -> Option<()> {
        let Operands { leaf, gradient, state, .. } = operands;
        if state.iter().flatten().count() != step.rule.state_len() {
            return None;
        }
        let leaf = leaf_on_flex(leaf)?;
        let shape = leaf.primitive().layout().shape();
        let fits = |tensor: &FlexTensor| tensor.dtype() == DType::F32 && tensor.layout().shape() == shape;
        let DispatchTensorKind::Flex(BackendTensor::Float(gradient)) = &gradient.kind else { return None };
        let gradient = fits(gradient).then(|| gradient.as_slice::<f32>()).flatten()?;
        let mut flex_states = [const { None }; MAX_STATE];
        for (to, state) in flex_states.iter_mut().zip(state.iter_mut().flatten()) {
            let DispatchTensorKind::Flex(BackendTensor::Float(state)) = &mut state.kind else { return None };
            *to = fits(state).then_some(Some(state))?;
        }
        let numbers = self.numbers(leaf)?;
        let states = flex_states.map(|state| state.map(Flex::to_slice_mut).unwrap_or_default());
        update(Isa::best(), step, numbers, gradient, states);
        Some(())
    }

    /// The numbers of `leaf`, row-major, if they all lie here and no other tensor shares them.
    fn numbers<'a>(&'a self, leaf: &'a mut FloatTensor<Autodiff<Flex>>) -> Option<&'a mut [f32]> {
        let flex = leaf.primitive();
        flex.as_slice::<f32>().filter(|numbers| numbers.len() == self.cells.len)?;
        let is_alone = flex.is_unique() && std::ptr::eq(Arc::as_ptr(&flex.data_arc()), self.bytes.as_ptr());
        // SAFETY: Burn reads the cells only through the bytes in the `Arc`. The leaf has the only reference to it, and is
        // borrowed mutably as long as the numbers are: nobody reads them meanwhile. This crate writes them only here.
        is_alone.then(|| unsafe { self.cells.numbers() })
    }
}

/// The tensors of a step, taken apart: a tensor has 200 bytes, which are not moved more often than necessary.
pub(super) struct Operands<const D: usize> {
    leaf: DispatchTensor,
    gradient: DispatchTensor,
    state: [Option<DispatchTensor>; MAX_STATE],
    /// Empty; its memory is used again.
    states: Vec<Tensor<D>>,
}

impl<const D: usize> Operands<D> {
    pub fn new(leaf: Tensor<D>, gradient: Tensor<D>, mut states: Vec<Tensor<D>>) -> Self {
        let mut state = [const { None }; MAX_STATE];
        for (to, tensor) in state.iter_mut().zip(states.drain(..)) {
            *to = Some(tensor.into_dispatch());
        }
        Self { leaf: leaf.into_dispatch(), gradient: gradient.into_dispatch(), state, states }
    }

    /// Leaf, gradient and state.
    pub fn into_tensors(self) -> (Tensor<D>, Tensor<D>, Vec<Tensor<D>>) {
        let Self { leaf, gradient, state, mut states } = self;
        states.extend(state.into_iter().flatten().map(Tensor::from_dispatch));
        (Tensor::from_dispatch(leaf), Tensor::from_dispatch(gradient), states)
    }
}

/// The primitive of a leaf on flex.
fn leaf_on_flex(leaf: &mut DispatchTensor) -> Option<&mut FloatTensor<Autodiff<Flex>>> {
    let DispatchTensorKind::Autodiff(leaf) = &mut leaf.kind else { return None };
    match &mut **leaf {
        DispatchTensorKind::Flex(BackendTensor::Autodiff(leaf)) => Some(leaf),
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => None,
    }
}

/// Numbers that can be written through a shared reference. They start on a cache line, so that vectors do not straddle two.
#[derive(Debug)]
struct Cells {
    lines: Box<[UnsafeCell<Line>]>,
    len: usize,
}

// SAFETY: they are written only where nobody else has access, see `Shared::numbers`; otherwise they are read.
unsafe impl Sync for Cells {}

impl Cells {
    fn new(numbers: &[f32]) -> Self {
        let line =
            |part: &[f32]| Line(std::array::from_fn(|index| part.get(index).copied().unwrap_or_default()));
        let lines = numbers.chunks(16).map(|part| UnsafeCell::new(line(part))).collect();
        Self { lines, len: numbers.len() }
    }

    /// The numbers, to be written.
    ///
    /// # Safety
    /// Nobody reads or writes them as long as the result lives.
    #[allow(clippy::mut_from_ref)]
    unsafe fn numbers(&self) -> &mut [f32] {
        // SAFETY: the lines are `len` numbers or more, without padding, in cells; the caller has the only access.
        unsafe { std::slice::from_raw_parts_mut(self.start().cast(), self.len) }
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
