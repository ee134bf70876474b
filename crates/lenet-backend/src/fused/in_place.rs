//! Passes over tensors on a [`Host`] backend, by the kernels. What they change they change in place, where no other
//! tensor shares its numbers.
//!
//! Each function gives a function, or `None` if the kernels do not know the device, the type or the shapes: then nothing
//! has been taken from the caller, who goes on with Burn's operations.

#![allow(deprecated)] // The ndarray backend is, by Burn, and is a subject of our conformance tests.

use burn::backend::DispatchDevice;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Tensor};

use super::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::{passes, update};
use crate::update::Step;

/// `$function::<B, D>` for the backend `B` of the tensor, if it is one of the CPU's, without autodiff, and f32.
macro_rules! on_host {
    ($tensor:expr, $function:ident::<$D:ident>) => {
        match $tensor.device().as_dispatch() {
            _ if $tensor.dtype() != DType::F32 => None,
            #[cfg(feature = "flex")]
            DispatchDevice::Flex(_) => Some($function::<burn::backend::Flex, $D>),
            #[cfg(feature = "ndarray")]
            DispatchDevice::NdArray(_) => Some($function::<burn::backend::NdArray, $D>),
            #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
            _ => None,
        }
    };
}

/// A step of an optimizer: `(step, parameter, gradient, kept)` to parameter and kept.
type Update<const D: usize> = fn(Step, Tensor<D>, Tensor<D>, Vec<Tensor<D>>) -> (Tensor<D>, Vec<Tensor<D>>);

/// That of [`update`](super::update).
pub(super) fn update_of<const D: usize>(
    parameter: &Tensor<D>,
    gradient: &Tensor<D>,
    kept: &[Tensor<D>],
) -> Option<Update<D>> {
    if are_like(parameter, kept.iter().chain([gradient])) {
        on_host!(parameter, update_on::<D>)
    } else {
        None
    }
}

fn update_on<B: Host, const D: usize>(
    step: Step,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    mut kept: Vec<Tensor<D>>,
) -> (Tensor<D>, Vec<Tensor<D>>) {
    let (mut parameter, gradient) = (unpacked::<B, D>(parameter), unpacked::<B, D>(gradient));
    // On the stack, and back to the same vector: a small network has many parameters of a few numbers.
    let mut unpacked_kept = [const { None }; update::MOST_KEPT];
    for (to, tensor) in unpacked_kept.iter_mut().zip(kept.drain(..)) {
        *to = Some(unpacked::<B, D>(tensor));
    }
    with_slice::<B, _>(&gradient, |gradient| {
        let kept = unpacked_kept.iter_mut().flatten().map(B::to_slice_mut);
        update::update(Isa::best(), step, B::to_slice_mut(&mut parameter), gradient, kept);
    });
    kept.extend(unpacked_kept.into_iter().flatten().map(B::pack));
    (B::pack(parameter), kept)
}

/// `(average, value, decay, rest)` to the new average.
type MovingAverage<const D: usize> = fn(Tensor<D>, Tensor<D>, f32, f32) -> Tensor<D>;

/// That of [`moving_average`](super::moving_average).
pub(super) fn moving_average_of<const D: usize>(
    average: &Tensor<D>,
    value: &Tensor<D>,
) -> Option<MovingAverage<D>> {
    if are_like(average, [value]) { on_host!(average, moving_average_on::<D>) } else { None }
}

fn moving_average_on<B: Host, const D: usize>(
    average: Tensor<D>,
    value: Tensor<D>,
    decay: f32,
    rest: f32,
) -> Tensor<D> {
    let (mut average, value) = (unpacked::<B, D>(average), unpacked::<B, D>(value));
    with_slice::<B, _>(&value, |value| {
        passes::moving_average(Isa::best(), B::to_slice_mut(&mut average), value, decay, rest);
    });
    B::pack(average)
}

/// `(tensor, pass)` to the tensor that the pass over its numbers has made of it.
type Change<const D: usize> = fn(Tensor<D>, &dyn Fn(&mut [f32])) -> Tensor<D>;

/// That of [`scale`](super::scale) and [`clamp`](super::clamp).
pub(super) fn change_of<const D: usize>(tensor: &Tensor<D>) -> Option<Change<D>> {
    on_host!(tensor, change_on::<D>)
}

fn change_on<B: Host, const D: usize>(tensor: Tensor<D>, pass: &dyn Fn(&mut [f32])) -> Tensor<D> {
    let mut tensor = unpacked::<B, D>(tensor);
    pass(B::to_slice_mut(&mut tensor));
    B::pack(tensor)
}

/// The sum of the squares of a tensor's numbers.
pub(super) fn square_sum_of<const D: usize>(tensor: &Tensor<D>) -> Option<fn(Tensor<D>) -> f64> {
    on_host!(tensor, square_sum_on::<D>)
}

fn square_sum_on<B: Host, const D: usize>(tensor: Tensor<D>) -> f64 {
    with_slice::<B, _>(&unpacked::<B, D>(tensor), |numbers| passes::square_sum(Isa::best(), numbers))
}

/// Whether the others have the type, the shape and the device of the first tensor.
fn are_like<'a, const D: usize>(first: &Tensor<D>, others: impl IntoIterator<Item = &'a Tensor<D>>) -> bool {
    let (dtype, dims, device) = (first.dtype(), first.dims(), first.device());
    let is_like =
        |other: &Tensor<D>| other.dtype() == dtype && other.dims() == dims && other.device() == device;
    others.into_iter().all(is_like)
}

/// The backend's part of a tensor whose device was looked at.
#[allow(clippy::expect_used)] // Who calls has looked.
fn unpacked<B: Host, const D: usize>(tensor: Tensor<D>) -> FloatTensor<B> {
    B::unpack(tensor).expect("a tensor of this backend")
}
