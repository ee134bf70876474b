//! Which calls the kernels can answer.

#![allow(deprecated)] // The ndarray backend is, by Burn, and is a subject of our conformance tests.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Device, Int, Tensor};

use super::extension::Fused;
use super::loss::ClassLoss;
use crate::kernels::shape::ConvShape;

/// Whether the kernels know the device, the types and the shapes of [`conv_relu_pool`](super::conv_relu_pool).
pub(super) fn knows_conv_relu_pool(x: &Tensor<4>, weight: &Tensor<4>, bias: &Tensor<1>) -> bool {
    let [_, channels, height, width] = x.dims();
    let [filters, weight_channels, kernel, kernel_width] = weight.dims();
    let shape = ConvShape { channels, height, width, filters, kernel };
    let known = shape.is_supported() && kernel == kernel_width && channels == weight_channels;
    known
        && bias.dims() == [filters]
        && f32s([x.dtype(), weight.dtype(), bias.dtype()])
        && on_cpu(&x.device())
}

/// It, by the kernels.
pub(super) fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::conv_relu_pool(x, weight, bias.into_dispatch()))
}

/// Whether the kernels know the device, the types and the shapes of [`linear`](super::linear).
pub(super) fn knows_linear(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>) -> bool {
    let ([_, columns], [inputs, outputs]) = (x.dims(), weight.dims());
    let known = columns == inputs && inputs > 0 && outputs > 0 && bias.dims() == [outputs];
    known && f32s([x.dtype(), weight.dtype(), bias.dtype()]) && on_cpu(&x.device())
}

/// It, by the kernels, with ReLU or without.
pub(super) fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, relu: bool) -> Tensor<2> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::linear(x, weight, bias.into_dispatch(), relu))
}

/// Whether the kernels know the device, the type and the shapes of this loss.
pub(super) fn knows_class_loss(logits: &Tensor<2>, labels: &Tensor<1, Int>, loss: &ClassLoss) -> bool {
    let [batch, classes] = logits.dims();
    let known = labels.dims() == [batch] && classes > 0 && loss.fits(classes);
    known && logits.dtype() == DType::F32 && on_cpu(&logits.device())
}

/// It, by the kernel.
pub(super) fn class_loss(logits: Tensor<2>, labels: Tensor<1, Int>, loss: ClassLoss) -> Tensor<1> {
    let labels = labels.to_device(&logits.device());
    Tensor::from_dispatch(<Dispatch as Fused>::class_loss(
        logits.into_dispatch(),
        labels.into_dispatch(),
        loss,
    ))
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
