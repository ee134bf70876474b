//! [`step`]: the step of a leaf on flex, in memory that its tensor reads and this crate writes.

use std::sync::{Arc, Weak};

use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, BackendTensor, DispatchTensor, DispatchTensorKind, Flex};
use burn::tensor::{DType, Shape, Tensor, TensorData};
use burn_std::Bytes;

use super::memory::{Cells, Numbers};
use super::{LeafMemory, Settings, Update};
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::update::{MAX_STATE, update};
use crate::optim::step::Step;

/// The numbers of one parameter, and the state of its optimizer.
#[derive(Debug)]
pub(super) struct Shared {
    cells: Arc<Cells>,
    /// What Burn has of them. It is weak, so that the tensor still counts as the only one that has its numbers. As long as it
    /// exists nobody gets mutable access to the bytes inside the `Arc`, nor another `Arc` at this address.
    bytes: Weak<Bytes>,
    /// Variables of the rule.
    state: Vec<Numbers>,
    shape: Shape,
}

/// Changes the numbers of `leaf` and the state in `memory`, and returns the leaf: the same one, if it is alone in having its
/// numbers and they are in `memory`, otherwise a new one, whose numbers are. Returns the operands if the kernel does not
/// support their devices, types or shapes.
#[expect(clippy::result_large_err, reason = "the operands that go back")]
pub(super) fn step<const D: usize>(
    update: &Update,
    leaf: Tensor<D>,
    gradient: Tensor<D>,
    memory: &mut LeafMemory,
) -> Result<Tensor<D>, (Tensor<D>, Tensor<D>)> {
    let (mut leaf, gradient) = (leaf.into_dispatch(), gradient.into_dispatch());
    match step_of(Step::new(update), &mut leaf, &gradient, memory) {
        Some(Leaf::Same) => Ok(Tensor::from_dispatch(leaf)),
        Some(Leaf::New(numbers)) => {
            Ok(Settings::of(&Tensor::<D>::from_dispatch(leaf)).leaf(Flex::pack(numbers)))
        }
        None => Err((Tensor::from_dispatch(leaf), Tensor::from_dispatch(gradient))),
    }
}

/// A leaf after its step.
enum Leaf {
    Same,
    /// With these numbers.
    New(FlexTensor),
}

fn step_of(
    step: Step,
    leaf: &mut DispatchTensor,
    gradient: &DispatchTensor,
    memory: &mut LeafMemory,
) -> Option<Leaf> {
    let leaf = leaf_on_flex(leaf)?;
    let gradient = on_flex(gradient, leaf.primitive().layout().shape())?.as_slice::<f32>()?;
    if let Some(shared) = &mut memory.shared
        && shared.state.len() == step.rule.state_len()
        && let Some(numbers) = shared.cells.numbers_of(&shared.bytes, leaf)
    {
        update(Isa::best(), step, numbers, gradient, slices(&mut shared.state));
        return Some(Leaf::Same);
    }
    if leaf.primitive().dtype() != DType::F32 {
        return None;
    }
    let shape = leaf.primitive().layout().shape().clone();
    let mut state = memory.take_numbers(step.rule.state_len(), &shape)?;
    let mut numbers = with_slice::<Flex, _>(leaf.primitive(), Numbers::new);
    update(Isa::best(), step, numbers.slice_mut(), gradient, slices(&mut state));
    let (shared, tensor) = Shared::new(numbers, state, shape);
    memory.shared = Some(shared);
    Some(Leaf::New(tensor))
}

/// The slices that [`update`] takes.
fn slices(state: &mut [Numbers]) -> [&mut [f32]; MAX_STATE] {
    let mut state = state.iter_mut();
    std::array::from_fn(|_| state.next().map(Numbers::slice_mut).unwrap_or_default())
}

impl LeafMemory {
    /// Takes the state out: this many `variables`, zeros before the first step. Returns `None` and changes nothing if the
    /// state is another one.
    fn take_numbers(&mut self, variables: usize, shape: &Shape) -> Option<Vec<Numbers>> {
        let len = shape.num_elements();
        if let Some(shared) = &mut self.shared {
            let is_the_rules =
                shared.state.len() == variables && shared.state.iter().all(|numbers| numbers.len == len);
            return is_the_rules.then(|| std::mem::take(&mut shared.state));
        }
        if self.state.is_empty() {
            return Some((0..variables).map(|_| Numbers::new(&vec![0.0; len])).collect());
        }
        let tensors = self.state.iter().map(|tensor| on_flex(tensor, shape));
        let tensors = tensors.collect::<Option<Vec<_>>>().filter(|tensors| tensors.len() == variables)?;
        let numbers = tensors.into_iter().map(|tensor| with_slice::<Flex, _>(tensor, Numbers::new)).collect();
        self.state.clear();
        Some(numbers)
    }
}

impl Shared {
    /// The memory, and the tensor that has its numbers.
    fn new(numbers: Numbers, state: Vec<Numbers>, shape: Shape) -> (Self, FlexTensor) {
        let cells = Arc::new(Cells::new(numbers));
        let bytes = Arc::new(Cells::bytes(&cells));
        let shared = Self { cells, bytes: Arc::downgrade(&bytes), state, shape: shape.clone() };
        (shared, FlexTensor::from_arc(bytes, Layout::contiguous(shape), DType::F32))
    }

    /// A copy of the state.
    pub fn state<const D: usize>(&self) -> Vec<Tensor<D>> {
        let data = |numbers: &Numbers| TensorData::new(numbers.slice().to_vec(), self.shape.clone());
        self.state.iter().map(|numbers| Flex::pack(Flex::tensor(data(numbers)))).collect()
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

/// The primitive of a tensor on flex without autodiff, of f32, in this shape.
fn on_flex<'a>(tensor: &'a DispatchTensor, shape: &Shape) -> Option<&'a FlexTensor> {
    let DispatchTensorKind::Flex(BackendTensor::Float(tensor)) = &tensor.kind else { return None };
    (tensor.dtype() == DType::F32 && tensor.layout().shape() == shape).then_some(tensor)
}
