//! Whether the kernels support a call, and the call of Burn's backend extension.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

use super::conv_net::Affine;
use super::extension::Fused;
use super::nodes::conv_net::{BLOCKS, LAYERS};
use super::nodes::loss::ClassLoss;
use crate::devices::host::is_on_host;
use crate::kernels::conv::ConvShape;

/// Whether the kernels support the device, types and shapes of this
/// [`conv_relu_pool`](super::conv_relu_pool).
pub(super) fn supports_conv_relu_pool(x: &Tensor<4>, weight: &Tensor<4>, bias: &Tensor<1>) -> bool {
    let [_, channels, height, width] = x.dims();
    let shape = block_shape([channels, height, width], weight, bias);
    shape.is_some() && x.dtype() == DType::F32 && is_on_host(&x.device())
}

/// The shape of a convolution block on images `[channels, height, width]`; `None` if the kernels do not support it
/// or the types of its parameters.
fn block_shape(image: [usize; 3], weight: &Tensor<4>, bias: &Tensor<1>) -> Option<ConvShape> {
    let [channels, height, width] = image;
    let [filters, weight_channels, kernel, kernel_width] = weight.dims();
    let shape = ConvShape { channels, height, width, filters, kernel };
    let fits = shape.is_supported() && kernel == kernel_width && channels == weight_channels;
    (fits && bias.dims() == [filters] && f32s([weight.dtype(), bias.dtype()])).then_some(shape)
}

/// Computes the convolution block with the CPU kernels.
pub(super) fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::conv_relu_pool(x, weight, bias.into_dispatch()))
}

/// Whether the kernels support the device, types and shapes of this [`linear`](super::linear).
pub(super) fn supports_linear(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>) -> bool {
    let [_, columns] = x.dims();
    let outputs = layer_outputs(columns, weight, bias);
    outputs.is_some() && x.dtype() == DType::F32 && is_on_host(&x.device())
}

/// The number of outputs of a linear layer on rows of `columns` numbers; `None` if the kernels do not support its
/// shape or the types of its parameters.
fn layer_outputs(columns: usize, weight: &Tensor<2>, bias: &Tensor<1>) -> Option<usize> {
    let [inputs, outputs] = weight.dims();
    let fits = columns == inputs && inputs > 0 && outputs > 0 && bias.dims() == [outputs];
    (fits && f32s([weight.dtype(), bias.dtype()])).then_some(outputs)
}

/// Computes the layer with the CPU kernels; `relu` selects whether ReLU follows.
pub(super) fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, relu: bool) -> Tensor<2> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::linear(x, weight, bias.into_dispatch(), relu))
}

/// Whether the kernels support the device, types and shapes of this [`conv_net`](super::conv_net).
pub(super) fn supports_conv_net(
    images: &Tensor<4>,
    blocks: &[Affine<4>; BLOCKS],
    layers: &[Affine<2>; LAYERS],
) -> bool {
    let [_, channels, height, width] = images.dims();
    let pooled = blocks.iter().try_fold([channels, height, width], |image, block| {
        let shape = block_shape(image, &block.weight, &block.bias)?;
        Some([shape.filters, shape.pooled_height(), shape.pooled_width()])
    });
    let columns = pooled.map(|image| image.iter().product());
    let outputs = columns.and_then(|columns| {
        layers.iter().try_fold(columns, |columns, layer| layer_outputs(columns, &layer.weight, &layer.bias))
    });
    outputs.is_some() && images.dtype() == DType::F32 && is_on_host(&images.device())
}

/// Computes the network with the CPU kernels.
pub(super) fn conv_net(
    images: Tensor<4>,
    blocks: [Affine<4>; BLOCKS],
    layers: [Affine<2>; LAYERS],
) -> Tensor<2> {
    let [block1, block2] = blocks.map(Affine::into_dispatch);
    let [layer1, layer2, layer3] = layers.map(Affine::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::conv_net(
        images.into_dispatch(),
        block1.0,
        block1.1,
        block2.0,
        block2.1,
        layer1.0,
        layer1.1,
        layer2.0,
        layer2.1,
        layer3.0,
        layer3.1,
    ))
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

fn f32s(types: [DType; 2]) -> bool {
    types == [DType::F32; 2]
}
