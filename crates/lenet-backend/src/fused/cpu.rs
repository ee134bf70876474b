//! Which calls the kernels can answer.

#![allow(deprecated)] // The ndarray backend is, by Burn, and is a subject of our conformance tests.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Device, Int, Tensor};

use super::extension::Fused;
use super::loss::ClassLoss;
use crate::kernels::shape::ConvShape;

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
