//! Whether the kernels support a call, and the call of Burn's backend extension.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

use super::extension::Fused;
use super::nodes::loss::ClassLoss;
use crate::devices::host::is_on_host;
use crate::kernels::conv::ConvShape;

/// Whether the kernels support the device, types and shapes of this
/// [`conv_relu_pool`](super::conv_relu_pool).
pub(super) fn supports_conv_relu_pool(x: &Tensor<4>, weight: &Tensor<4>, bias: &Tensor<1>) -> bool {
    let [_, channels, height, width] = x.dims();
    let [filters, weight_channels, kernel, kernel_width] = weight.dims();
    let shape = ConvShape { channels, height, width, filters, kernel };
    let fits = shape.is_supported() && kernel == kernel_width && channels == weight_channels;
    fits && bias.dims() == [filters]
        && f32s([x.dtype(), weight.dtype(), bias.dtype()])
        && is_on_host(&x.device())
}

/// Computes the convolution block with the CPU kernels.
pub(super) fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::conv_relu_pool(x, weight, bias.into_dispatch()))
}

/// Whether the kernels support the device, types and shapes of this [`linear`](super::linear).
pub(super) fn supports_linear(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>) -> bool {
    let ([_, columns], [inputs, outputs]) = (x.dims(), weight.dims());
    let fits = columns == inputs && inputs > 0 && outputs > 0 && bias.dims() == [outputs];
    fits && f32s([x.dtype(), weight.dtype(), bias.dtype()]) && is_on_host(&x.device())
}

/// Computes the layer with the CPU kernels; `relu` selects whether ReLU follows.
pub(super) fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, relu: bool) -> Tensor<2> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::linear(x, weight, bias.into_dispatch(), relu))
}

/// Whether the kernels support the device, type and shapes of this loss.
pub(super) fn supports_class_loss(logits: &Tensor<2>, labels: &Tensor<1, Int>, loss: &ClassLoss) -> bool {
    let [batch, classes] = logits.dims();
    let fits = labels.dims() == [batch] && classes > 0 && loss.fits(classes);
    fits && logits.dtype() == DType::F32 && is_on_host(&logits.device())
}

/// Computes the loss with the CPU kernel.
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
