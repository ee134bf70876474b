//! Whether the kernels support a call, and the call of Burn's backend extension.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor};

use super::conv_net::Affine;
use super::extension::Fused;
use super::nodes::conv_net::{BLOCKS, LAYERS, shapes};
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

/// Whether the kernels support the device, types and shapes of this [`conv_net`](super::conv_net).
pub(super) fn supports_conv_net(
    images: &Tensor<4>,
    blocks: &[Affine<4>; BLOCKS],
    layers: &[Affine<2>; LAYERS],
) -> bool {
    let ([_, channels, height, width], weights) =
        (images.dims(), blocks.each_ref().map(|block| block.weight.dims()));
    let shapes = shapes([channels, height, width], weights);
    let fits = |shape: &ConvShape, [_, channels, kernel, kernel_width]: [usize; 4], bias: [usize; 1]| {
        let square = kernel == kernel_width && channels == shape.channels;
        shape.is_supported() && square && bias == [shape.filters]
    };
    let blocks_fit = (shapes.iter().zip(weights).zip(blocks))
        .all(|((shape, weight), block)| fits(shape, weight, block.bias.dims()));
    if !blocks_fit {
        return false;
    }
    let mut columns = shapes[BLOCKS - 1].pooled();
    let layers_fit = layers.iter().all(|layer| {
        let [inputs, outputs] = layer.weight.dims();
        let fits = inputs == columns && outputs > 0 && layer.bias.dims() == [outputs];
        columns = outputs;
        fits
    });
    let types = (blocks.iter().flat_map(|block| [block.weight.dtype(), block.bias.dtype()]))
        .chain(layers.iter().flat_map(|layer| [layer.weight.dtype(), layer.bias.dtype()]));
    let are_f32 = images.dtype() == DType::F32 && types.into_iter().all(|dtype| dtype == DType::F32);
    layers_fit && are_f32 && is_on_host(&images.device())
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

fn f32s(types: [DType; 3]) -> bool {
    types == [DType::F32; 3]
}
