//! `conv_net` as one node of the graph of gradients.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::super::passes::{Passes, TENSORS};

/// Forward pass on a device with autodiff: saves the operands of the backward pass if a gradient is required.
/// `tensors` are the images, then weight and bias of each block and layer.
pub(in crate::ops) fn track<B: Passes, C: CheckpointStrategy>(
    tensors: [FloatTensor<Autodiff<B, C>>; TENSORS],
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = tensors.each_ref().map(|tensor| tensor.node());
    let tensors = tensors.map(|tensor| tensor.into_primitive());
    match ConvNet.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (logits, net) = B::net_tracked(tensors);
            prepared.finish(Arc::new(net), logits)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(B::net(tensors)),
    }
}

/// The operation as a node of the graph.
#[derive(Debug)]
struct ConvNet;

impl<B: Passes> Backward<B, TENSORS> for ConvNet {
    type State = Arc<B::Net>;

    fn backward(self, ops: Ops<Self::State, TENSORS>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let nodes = ops.parents.each_ref().map(|node| node.as_ref().map(|node| node.id));
        // Below the lowest tensor that requires a gradient nothing is computed.
        let lowest = nodes.iter().position(Option::is_some).unwrap_or(TENSORS);
        B::net_backward(&ops.state, gradient, lowest, |tensor, gradient| {
            if let Some(node) = nodes[tensor] {
                gradients.register::<B>(node, gradient);
            }
        });
    }
}
