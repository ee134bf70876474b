//! Which calls the kernels can answer.

#![allow(deprecated)] // The ndarray backend is, by Burn, and is a subject of our conformance tests.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Device, Int, Tensor};

use super::extension::Fused;
use super::host::{Host, to_slice_mut, with_slice};
use super::loss::ClassLoss;
use crate::kernels::Isa;
use crate::kernels::shape::ConvShape;
use crate::kernels::update::update as update_slices;
use crate::update::Step;

/// [`conv_relu_pool`](super::conv_relu_pool) by the kernels, or `None` if they do not know its device, types or shape.
pub(super) fn conv_relu_pool(x: &Tensor<4>, weight: &Tensor<4>, bias: &Tensor<1>) -> Option<Tensor<4>> {
    let [_, channels, height, width] = x.dims();
    let [filters, weight_channels, kernel, kernel_width] = weight.dims();
    let shape = ConvShape { channels, height, width, filters, kernel };
    let known = shape.is_supported() && kernel == kernel_width && channels == weight_channels;
    if !known
        || bias.dims() != [filters]
        || !on_cpu(&x.device())
        || !f32s([x.dtype(), weight.dtype(), bias.dtype()])
    {
        return None;
    }
    let [x, weight] = [x, weight].map(|tensor| tensor.clone().into_dispatch());
    Some(Tensor::from_dispatch(<Dispatch as Fused>::conv_relu_pool(x, weight, bias.clone().into_dispatch())))
}

/// [`linear`](super::linear) by the kernels, with ReLU or without, or `None` if they do not know its device, types or
/// shape.
pub(super) fn linear(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>, relu: bool) -> Option<Tensor<2>> {
    let ([_, columns], [inputs, outputs]) = (x.dims(), weight.dims());
    let known = columns == inputs && inputs > 0 && outputs > 0 && bias.dims() == [outputs];
    if !known || !on_cpu(&x.device()) || !f32s([x.dtype(), weight.dtype(), bias.dtype()]) {
        return None;
    }
    let [x, weight] = [x, weight].map(|tensor| tensor.clone().into_dispatch());
    Some(Tensor::from_dispatch(<Dispatch as Fused>::linear(x, weight, bias.clone().into_dispatch(), relu)))
}

/// The loss by the kernel, or `None` if it does not know the device, type or shape.
pub(super) fn class_loss(logits: &Tensor<2>, labels: &Tensor<1, Int>, loss: ClassLoss) -> Option<Tensor<1>> {
    let ([batch, classes], device) = (logits.dims(), logits.device());
    let known = labels.dims() == [batch] && classes > 0 && loss.fits(classes) && logits.dtype() == DType::F32;
    if !known || !on_cpu(&device) {
        return None;
    }
    let labels = labels.clone().to_device(&device);
    let [logits, labels] = [logits.clone().into_dispatch(), labels.into_dispatch()];
    Some(Tensor::from_dispatch(<Dispatch as Fused>::class_loss(logits, labels, loss)))
}

/// A function that makes a step of an optimizer: `(step, parameter, gradient, kept)` to parameter and kept.
type UpdateOf<const D: usize> = fn(Step, Tensor<D>, Tensor<D>, Vec<Tensor<D>>) -> (Tensor<D>, Vec<Tensor<D>>);

/// [`update`](super::update) by the kernel, if it knows the device, the type and the shapes.
pub(super) fn update_of<const D: usize>(
    parameter: &Tensor<D>,
    gradient: &Tensor<D>,
    kept: &[Tensor<D>],
) -> Option<UpdateOf<D>> {
    let device = parameter.device();
    let alike = |tensor: &Tensor<D>| {
        tensor.dtype() == DType::F32 && tensor.dims() == parameter.dims() && tensor.device() == device
    };
    if !(alike(parameter) && alike(gradient) && kept.iter().all(alike)) {
        return None;
    }
    match device.as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => Some(update_on::<burn::backend::Flex, D>),
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => Some(update_on::<burn::backend::NdArray, D>),
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => None,
    }
}

fn update_on<B: Host, const D: usize>(
    step: Step,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    kept: Vec<Tensor<D>>,
) -> (Tensor<D>, Vec<Tensor<D>>) {
    let (mut parameter, gradient) = (unpacked::<B, D>(parameter), unpacked::<B, D>(gradient));
    let mut kept: Vec<_> = kept.into_iter().map(unpacked::<B, D>).collect();
    with_slice::<B, _>(&gradient, |gradient| {
        let mut kept: Vec<_> = kept.iter_mut().map(to_slice_mut::<B>).collect();
        update_slices(Isa::best(), step, to_slice_mut::<B>(&mut parameter), gradient, &mut kept);
    });
    (B::pack(parameter), kept.into_iter().map(B::pack).collect())
}

/// A function `(average, value, decay, rest)` to the new average.
type MovingAverage<const D: usize> = fn(Tensor<D>, Tensor<D>, f32, f32) -> Tensor<D>;

/// [`moving_average`](super::moving_average) in place, if the device, the types and the shapes are known.
pub(super) fn moving_average_of<const D: usize>(
    average: &Tensor<D>,
    value: &Tensor<D>,
) -> Option<MovingAverage<D>> {
    let device = average.device();
    let known = [average, value].iter().all(|tensor| tensor.dtype() == DType::F32)
        && average.dims() == value.dims()
        && value.device() == device;
    if !known {
        return None;
    }
    match device.as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => Some(moving_average_on::<burn::backend::Flex, D>),
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => Some(moving_average_on::<burn::backend::NdArray, D>),
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => None,
    }
}

fn moving_average_on<B: Host, const D: usize>(
    average: Tensor<D>,
    value: Tensor<D>,
    decay: f32,
    rest: f32,
) -> Tensor<D> {
    let (mut average, value) = (unpacked::<B, D>(average), unpacked::<B, D>(value));
    with_slice::<B, _>(&value, |value| {
        let numbers = to_slice_mut::<B>(&mut average).iter_mut().zip(value);
        numbers.for_each(|(average, value)| *average = decay * *average + rest * value);
    });
    B::pack(average)
}

/// The sum of squares, if the device and the type are known.
pub(super) fn square_sum<const D: usize>(tensor: &Tensor<D>) -> Option<f32> {
    if tensor.dtype() != DType::F32 {
        return None;
    }
    match tensor.device().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => Some(square_sum_on::<burn::backend::Flex, D>(tensor)),
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => Some(square_sum_on::<burn::backend::NdArray, D>(tensor)),
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => None,
    }
}

/// Eight sums side by side, so that the compiler makes vectors of them.
fn square_sum_on<B: Host, const D: usize>(tensor: &Tensor<D>) -> f32 {
    with_slice::<B, _>(&unpacked::<B, D>(tensor.clone()), |numbers| {
        let (eights, rest) = numbers.as_chunks::<8>();
        let mut sums = [0.0_f64; 8];
        for eight in eights {
            sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += f64::from(*x) * f64::from(*x));
        }
        let rest: f64 = rest.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        (sums.iter().sum::<f64>() + rest) as f32
    })
}

/// The backend's part of a tensor whose device was looked at.
#[allow(clippy::expect_used)] // Who calls has looked.
fn unpacked<B: Host, const D: usize>(tensor: Tensor<D>) -> burn::backend::tensor::FloatTensor<B> {
    B::unpack(tensor).expect("a tensor of this backend")
}

fn f32s(types: [DType; 3]) -> bool {
    types == [DType::F32; 3]
}

/// Whether the kernels can read this device's memory.
pub(super) fn on_cpu(device: &Device) -> bool {
    match device.clone().inner().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => false,
    }
}
