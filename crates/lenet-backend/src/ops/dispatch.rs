//! Whether the kernels support a call, and the call of Burn's backend extension.

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Int, Tensor};

use super::class_loss::ClassLoss;
use super::conv_net::Affine;
use super::extension::Fused;
use super::passes::{BLOCKS, LAYERS};
use crate::conv_shape::ConvShape;
#[cfg(feature = "gpu")]
use crate::devices::cube::is_on_gpu;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use crate::devices::host::is_on_host;

/// Whether the kernels support the device, types and shapes of this
/// [`conv_relu_pool`](super::conv_relu_pool).
pub(super) fn supports_conv_relu_pool(x: &Tensor<4>, weight: &Tensor<4>, bias: &Tensor<1>) -> bool {
    let [batch, channels, height, width] = x.dims();
    let shape = block_shape([channels, height, width], weight, bias);
    shape.is_some_and(|shape| x.dtype() == DType::F32 && compute(&x.device(), batch, &[shape]))
}

/// Whether the kernels compute on this device: on a CPU any batch and shape, on a GPU a batch that is not empty and
/// blocks of these `shapes`.
fn compute(device: &Device, batch: usize, shapes: &[ConvShape]) -> bool {
    #[cfg(feature = "gpu")]
    if batch > 0 && shapes.iter().all(|shape| crate::cube::block_fits(*shape)) && is_on_gpu(device) {
        return true;
    }
    #[cfg(not(feature = "gpu"))]
    let _ = (batch, shapes);
    host(device)
}

fn host(device: &Device) -> bool {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return is_on_host(device);
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    {
        let _ = device;
        false
    }
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

/// Computes the convolution block with the kernels.
pub(super) fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [x, weight] = [x, weight].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Fused>::conv_relu_pool(x, weight, bias.into_dispatch()))
}

/// Whether the kernels support the device, types and shapes of this [`linear`](super::linear).
pub(super) fn supports_linear(x: &Tensor<2>, weight: &Tensor<2>, bias: &Tensor<1>) -> bool {
    let [batch, columns] = x.dims();
    let outputs = layer_outputs(columns, weight, bias);
    outputs.is_some() && x.dtype() == DType::F32 && compute(&x.device(), batch, &[])
}

/// The number of outputs of a linear layer on rows of `columns` numbers; `None` if the kernels do not support its
/// shape or the types of its parameters.
fn layer_outputs(columns: usize, weight: &Tensor<2>, bias: &Tensor<1>) -> Option<usize> {
    let [inputs, outputs] = weight.dims();
    let fits = columns == inputs && inputs > 0 && outputs > 0 && bias.dims() == [outputs];
    (fits && f32s([weight.dtype(), bias.dtype()])).then_some(outputs)
}

/// Computes the layer with the kernels; `relu` selects whether ReLU follows.
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
    let [batch, channels, height, width] = images.dims();
    let mut shapes = Vec::with_capacity(BLOCKS);
    let pooled = blocks.iter().try_fold([channels, height, width], |image, block| {
        let shape = block_shape(image, &block.weight, &block.bias)?;
        shapes.push(shape);
        Some([shape.filters, shape.pooled_height(), shape.pooled_width()])
    });
    let columns = pooled.map(|image| image.iter().product());
    let outputs = columns.and_then(|columns| {
        layers.iter().try_fold(columns, |columns, layer| layer_outputs(columns, &layer.weight, &layer.bias))
    });
    outputs.is_some() && images.dtype() == DType::F32 && compute(&images.device(), batch, &shapes)
}

/// Computes the network with the kernels.
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
    fits && logits.dtype() == DType::F32 && {
        let device = logits.device();
        // On a GPU the kernel reads labels of one type, and on its own device.
        let readable = labels.dtype() == DType::I32 && labels.device() == device.clone().inner();
        host(&device) || readable && compute(&device, batch, &[])
    }
}

/// Computes the loss with the kernel.
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
