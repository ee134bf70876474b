//! `linear` and `linear_relu` as a node of the graph of gradients.

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
    relu: bool,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [x.node(), weight.node(), bias.node()];
    let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
    let y = B::layer(&x, &weight, &bias, relu);
    match LinearNode.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let saved = Saved::<B> { x, weight, bias, y: relu.then(|| y.clone()) };
            prepared.finish(saved, y)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(y),
    }
}

/// The operation as a node of the graph.
#[derive(Debug)]
struct LinearNode;

/// The operands of the backward pass. Tensors share their numbers, so nothing is copied.
#[derive(Clone, Debug)]
struct Saved<B: Passes> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    /// The output, which the backward pass of a ReLU needs; `None` without ReLU.
    y: Option<FloatTensor<B>>,
}

impl<B: Passes> Backward<B, 3> for LinearNode {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Saved { x, weight, bias, y } = ops.state;
        let gy = gradients.consume::<B>(&ops.node);
        let found = B::layer_backward(&x, &weight, &bias, y.as_ref(), gy, ops.parents[0].is_some());
        hand_out(ops.parents, found, |node, gradient| gradients.register::<B>(node.id, gradient));
    }
}
