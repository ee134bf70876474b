//! The losses of a classifier as a node of the graph of gradients.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::super::class_loss::ClassLoss;
use super::super::passes::Passes;

/// The loss on a device with autodiff. The kernel computes the gradient of the logits together with the loss.
pub(in crate::ops) fn track<B: Passes, C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<B, C>>,
    labels: IntTensor<B>,
    loss: &ClassLoss,
) -> FloatTensor<Autodiff<B, C>> {
    let node = logits.node();
    let (value, gradient) = B::loss(&logits.into_primitive(), labels, loss);
    match LossNode.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(gradient, value),
        OpsKind::UnTracked(prepared) => prepared.finish(value),
    }
}

/// The operation as a node of the graph. Its state is the gradient of the logits for an output gradient of 1.
#[derive(Debug)]
struct LossNode;

impl<B: Passes> Backward<B, 1> for LossNode {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<FloatTensor<B>, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let loss_gradient = gradients.consume::<B>(&ops.node);
        let [logits] = ops.parents;
        if let Some(node) = logits {
            gradients.register::<B>(node.id, B::loss_backward(ops.state, loss_gradient));
        }
    }
}
