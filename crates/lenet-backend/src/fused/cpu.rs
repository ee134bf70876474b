//! Which calls the kernels can answer.

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Device, Tensor};

use super::extension::Fused;
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

fn f32s(types: [DType; 3]) -> bool {
    types == [DType::F32; 3]
}

/// Whether the kernels can read this device's memory.
fn on_cpu(device: &Device) -> bool {
    match device.clone().inner().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => false,
    }
}
