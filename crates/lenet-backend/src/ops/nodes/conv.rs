//! `conv_relu_pool` on a [`Host`] backend, and its node in the graph of gradients.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::super::images::{dims, from_images, with_images};
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::conv::{ConvShape, ConvWeights, Images, Layout, conv_backward, conv_forward};

/// Forward pass without gradients.
pub(in crate::ops) fn infer<B: Host>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
) -> FloatTensor<B> {
    forward::<B>(&x, &weight, &bias, false).0
}

/// Forward pass on a device with autodiff: saves the operands of the backward pass if a gradient is required.
pub(in crate::ops) fn track<B: Host, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    match ConvReluPool.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
            let (y, routes) = forward::<B>(&x, &weight, &bias, true);
            prepared.finish(Saved::<B> { x, weight, routes: Arc::new(routes) }, y)
        }
        OpsKind::UnTracked(prepared) => {
            let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
            prepared.finish(forward::<B>(&x, &weight, &bias, false).0)
        }
    }
}

/// The operation as a node of the graph.
#[derive(Debug)]
struct ConvReluPool;

/// The operands of the backward pass. Tensors share their numbers, so nothing is copied.
#[derive(Clone, Debug)]
struct Saved<B: Host> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    /// For each pool window, the position that gets the gradient.
    routes: Arc<Vec<u8>>,
}

impl<B: Host> Backward<B, 3> for ConvReluPool {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Saved { x, weight, routes } = ops.state;
        let gy = gradients.consume::<B>(&ops.node);
        let [x_node, weight_node, bias_node] = ops.parents;

        let shape = shape::<B>(&x, &weight);
        let (found, layout) = with_images::<B, _>(&x, |x, layout| {
            let gx_layout = x_node.as_ref().map(|_| layout);
            let found = with_images::<B, _>(&gy, |gy, gy_layout| {
                with_slice::<B, _>(&weight, |weight| {
                    let x = Images { data: x, layout };
                    let gy = Images { data: gy, layout: gy_layout };
                    conv_backward(Isa::best(), shape, x, weight, &routes, gy, gx_layout)
                })
            });
            (found, layout)
        });

        if let (Some(node), Some(gx)) = (x_node, found.x) {
            gradients.register::<B>(node.id, from_images::<B>(gx, dims(&x), layout));
        }
        if let Some(node) = weight_node {
            gradients.register::<B>(node.id, B::tensor(TensorData::new(found.weight, dims::<4>(&weight))));
        }
        if let Some(node) = bias_node {
            gradients.register::<B>(node.id, B::tensor(TensorData::new(found.bias, [shape.filters])));
        }
    }
}

/// Runs the kernel; returns the output and, if `with_routes`, the routes.
fn forward<B: Host>(
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
