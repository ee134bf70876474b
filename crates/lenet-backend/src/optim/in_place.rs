//! The kernels on tensors of a [`Host`] backend. They change a tensor in place if no other tensor shares its
//! numbers.
//!
//! Each `…_for` function returns the function for the tensors' backend, or `None` if the kernels do not
//! support the device, the type or the shapes. The caller still owns its tensors then, and goes on with
//! Burn's operations.

#![allow(deprecated)] // Burn deprecates the ndarray backend; the conformance tests compare it.

use burn::backend::tensor::FloatTensor;
use burn::tensor::Tensor;

use super::alike::are_alike;
use super::step::Step;
use crate::devices::host::{Host, on_host, with_slice};
use crate::kernels::Isa;
use crate::kernels::{elementwise, update};

/// `(step, parameter, gradient, state)` to parameter and state.
type Update<const D: usize> = fn(Step, Tensor<D>, Tensor<D>, Vec<Tensor<D>>) -> (Tensor<D>, Vec<Tensor<D>>);

/// The function behind [`update`](super::update()).
pub(super) fn update_for<const D: usize>(
    parameter: &Tensor<D>,
    gradient: &Tensor<D>,
    state: &[Tensor<D>],
) -> Option<Update<D>> {
    if are_alike(parameter, state.iter().chain([gradient])) {
        on_host!(parameter, update_on::<D>)
    } else {
        None
    }
}

fn update_on<B: Host, const D: usize>(
    step: Step,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    mut state: Vec<Tensor<D>>,
) -> (Tensor<D>, Vec<Tensor<D>>) {
    let (mut parameter, gradient) = (unpacked::<B, D>(parameter), unpacked::<B, D>(gradient));
    // On the stack, and back to the same vector: a small network has many parameters of a few numbers.
    let mut states = [const { None }; update::MAX_STATE];
    for (to, tensor) in states.iter_mut().zip(state.drain(..)) {
        *to = Some(unpacked::<B, D>(tensor));
    }
    with_slice::<B, _>(&gradient, |gradient| {
        let state = states.each_mut().map(|state| state.as_mut().map(B::to_slice_mut).unwrap_or_default());
        update::update(Isa::best(), step, B::to_slice_mut(&mut parameter), gradient, state);
    });
    state.extend(states.into_iter().flatten().map(B::pack));
    (B::pack(parameter), state)
}

/// `(average, value, decay, one_minus_decay)` to the new average.
type MovingAverage<const D: usize> = fn(Tensor<D>, Tensor<D>, f32, f32) -> Tensor<D>;

/// The function behind [`moving_average`](super::moving_average).
pub(super) fn moving_average_for<const D: usize>(
    average: &Tensor<D>,
    value: &Tensor<D>,
) -> Option<MovingAverage<D>> {
    if are_alike(average, [value]) { on_host!(average, moving_average_on::<D>) } else { None }
}

fn moving_average_on<B: Host, const D: usize>(
    average: Tensor<D>,
    value: Tensor<D>,
    decay: f32,
    one_minus_decay: f32,
) -> Tensor<D> {
    let (mut average, value) = (unpacked::<B, D>(average), unpacked::<B, D>(value));
    with_slice::<B, _>(&value, |value| {
        elementwise::moving_average(
            Isa::best(),
            B::to_slice_mut(&mut average),
            value,
            decay,
            one_minus_decay,
        );
    });
    B::pack(average)
}

/// `(tensor, change)` to the tensor after `change` of its numbers.
type Change<const D: usize> = fn(Tensor<D>, &dyn Fn(&mut [f32])) -> Tensor<D>;

/// The function behind [`scale`](super::scale) and [`clamp`](super::clamp).
pub(super) fn change_for<const D: usize>(tensor: &Tensor<D>) -> Option<Change<D>> {
    on_host!(tensor, change_on::<D>)
}

fn change_on<B: Host, const D: usize>(tensor: Tensor<D>, change: &dyn Fn(&mut [f32])) -> Tensor<D> {
    let mut tensor = unpacked::<B, D>(tensor);
    change(B::to_slice_mut(&mut tensor));
    B::pack(tensor)
}

/// The function that sums the squares of a tensor.
pub(super) fn square_sum_for<const D: usize>(tensor: &Tensor<D>) -> Option<fn(Tensor<D>) -> f64> {
    on_host!(tensor, square_sum_on::<D>)
}

fn square_sum_on<B: Host, const D: usize>(tensor: Tensor<D>) -> f64 {
    with_slice::<B, _>(&unpacked::<B, D>(tensor), |numbers| elementwise::square_sum(Isa::best(), numbers))
}

/// The backend's tensor. `on_host!` has found that the tensor is on this backend.
#[allow(clippy::expect_used)]
fn unpacked<B: Host, const D: usize>(tensor: Tensor<D>) -> FloatTensor<B> {
    B::unpack(tensor).expect("a tensor of this backend")
}
