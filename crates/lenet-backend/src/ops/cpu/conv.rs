//! The convolution block on a [`Host`] backend.

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::super::passes::AffineGradients;
use super::images::{dims, from_images, with_images};
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::conv::{ConvShape, ConvWeights, Images, Layout, conv_backward, conv_forward};

/// The gradients of a block for the gradient `gy` of its output.
pub(super) fn backward<B: Host>(
    x: &FloatTensor<B>,
    weight: &FloatTensor<B>,
    routes: &[u8],
    gy: &FloatTensor<B>,
    with_x: bool,
) -> AffineGradients<B> {
    let shape = shape::<B>(x, weight);
    let (found, layout) = with_images::<B, _>(x, |x, layout| {
        let gx_layout = with_x.then_some(layout);
        let found = with_images::<B, _>(gy, |gy, gy_layout| {
            with_slice::<B, _>(weight, |weight| {
                let x = Images { data: x, layout };
                let gy = Images { data: gy, layout: gy_layout };
                conv_backward(Isa::best(), shape, x, weight, routes, gy, gx_layout)
            })
        });
        (found, layout)
    });
    AffineGradients {
        x: found.x.map(|gx| from_images::<B>(gx, dims(x), layout)),
        weight: B::tensor(TensorData::new(found.weight, dims::<4>(weight))),
        bias: B::tensor(TensorData::new(found.bias, [shape.filters])),
    }
}

/// Runs the kernel; returns the output and, if `with_routes`, the routes.
pub(super) fn forward<B: Host>(
    x: &FloatTensor<B>,
    weight: &FloatTensor<B>,
    bias: &FloatTensor<B>,
    with_routes: bool,
) -> (FloatTensor<B>, Vec<u8>) {
    let shape = shape::<B>(x, weight);
    let layout = output_layout(shape);
    let (y, routes) = with_images::<B, _>(x, |x, x_layout| {
        with_slice::<B, _>(weight, |weight| {
            with_slice::<B, _>(bias, |bias| {
                let x = Images { data: x, layout: x_layout };
                conv_forward(Isa::best(), shape, x, ConvWeights { weight, bias }, layout, with_routes)
            })
        })
    });
    let [batch, ..] = dims::<4>(x);
    let dims = [batch, shape.filters, shape.pooled_height(), shape.pooled_width()];
    (from_images::<B>(y, dims, layout), routes)
}

/// After few filters most likely another convolution follows, which is faster with channels last; after many
/// a flattening, which is free with channels first.
pub(super) fn output_layout(shape: ConvShape) -> Layout {
    if shape.filters < 16 { Layout::ChannelsLast } else { Layout::ChannelsFirst }
}

fn shape<B: Host>(x: &FloatTensor<B>, weight: &FloatTensor<B>) -> ConvShape {
    let ([_, channels, height, width], [filters, .., kernel]) = (dims(x), dims::<4>(weight));
    ConvShape { channels, height, width, filters, kernel }
}
