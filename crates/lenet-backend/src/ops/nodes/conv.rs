//! `conv_relu_pool` as a node of the graph of gradients.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::super::passes::Passes;
use super::hand_out;

/// Forward pass on a device with autodiff: saves the operands of the backward pass if a gradient is required.
pub(in crate::ops) fn track<B: Passes, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    match ConvReluPool.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
            let (y, routes) = B::block(&x, &weight, &bias, true);
            prepared.finish(Saved::<B> { x, weight, routes }, y)
        }
        OpsKind::UnTracked(prepared) => {
            let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
            prepared.finish(B::block(&x, &weight, &bias, false).0)
        }
    }
}

/// The operation as a node of the graph.
#[derive(Debug)]
struct ConvReluPool;

/// The operands of the backward pass. Tensors share their numbers, so nothing is copied.
#[derive(Clone, Debug)]
struct Saved<B: Passes> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    routes: B::Routes,
}

impl<B: Passes> Backward<B, 3> for ConvReluPool {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Saved { x, weight, routes } = ops.state;
        let gy = gradients.consume::<B>(&ops.node);
        let found = B::block_backward(&x, &weight, &routes, gy, ops.parents[0].is_some());
        hand_out(ops.parents, found, |node, gradient| gradients.register::<B>(node.id, gradient));
    }
}
