//! [`update`]: one optimizer step in one pass over memory.

use burn::tensor::Tensor;

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
use super::rule::Update;
use super::step::{Number, Step};
use crate::stock::stock;

/// Computes one optimizer step for one parameter; no tensor is on autodiff. Returns the new parameter and the
/// new state.
///
/// `state` is the state that the step before returned; at the first step it is empty.
/// [`UpdateRule::state_len`](super::UpdateRule::state_len) is the number of its tensors. Tensors whose
/// numbers no other tensor shares are changed in place.
///
/// The kernel computes the same bits as Burn's operations, with one exception: it sets numbers of the state
/// that have decayed below the smallest normal f32, 1.2e-38, to zero.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::open;
/// use lenet_backend::optim::{Update, UpdateRule, update};
///
/// let device = open(&"flex".parse()?)?;
/// let rule = UpdateRule::Sgd { momentum: 0.5 };
/// let (mut parameter, mut state) = (Tensor::<1>::from_floats([4.0], &device), Vec::new());
/// for step in 1..=2 {
///     let gradient = Tensor::from_floats([1.0], &device);
///     (parameter, state) = update(Update::new(rule, step, 1.0), parameter, gradient, state);
/// }
/// assert_eq!(parameter.into_scalar::<f32>(), 4.0 - 1.0 - 1.5);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// As Burn's operations do, if the shapes or devices of the tensors differ.
pub fn update<const D: usize>(
    update: Update,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    mut state: Vec<Tensor<D>>,
) -> (Tensor<D>, Vec<Tensor<D>>) {
    state.resize_with(update.rule.state_len(), || parameter.zeros_like());
    let step = Step::new(&update);
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(update) = in_place::update_for(&parameter, &gradient, &state) {
        return update(step, parameter, gradient, state);
    }
    stock(|| (step.apply(parameter, gradient, &mut state), state))
}

impl<const D: usize> Number for Tensor<D> {
    fn add(self, other: Self) -> Self {
        Tensor::add(self, other)
    }

    fn sub(self, other: Self) -> Self {
        Tensor::sub(self, other)
    }

    fn mul(self, other: Self) -> Self {
        Tensor::mul(self, other)
    }

    fn div(self, other: Self) -> Self {
        Tensor::div(self, other)
    }

    fn sqrt(self) -> Self {
        Tensor::sqrt(self)
    }

    fn mul_scalar(self, factor: f64) -> Self {
        Tensor::mul_scalar(self, factor)
    }

    fn add_scalar(self, offset: f64) -> Self {
        Tensor::add_scalar(self, offset)
    }
}
