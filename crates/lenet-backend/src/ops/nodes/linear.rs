//! `linear` and `linear_relu` on a [`Host`] backend, and their node in the graph of gradients.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::super::images::dims;
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::linear::{Linear, linear_backward, linear_forward};

/// Forward pass without gradients.
pub(in crate::ops) fn infer<B: Host>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    relu: bool,
) -> FloatTensor<B> {
    forward::<B>(&x, &weight, &bias, relu)
}

/// Forward pass on a device with autodiff: saves the operands of the backward pass if a gradient is required.
pub(in crate::ops) fn track<B: Host, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    weight: FloatTensor<Autodiff<B, C>>,
    bias: FloatTensor<Autodiff<B, C>>,
    relu: bool,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = [x.node(), weight.node(), bias.node()];
    let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.into_primitive());
    let y = forward::<B>(&x, &weight, &bias, relu);
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
struct Saved<B: Host> {
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    /// The output, which the backward pass of a ReLU needs; `None` without ReLU.
    y: Option<FloatTensor<B>>,
}

impl<B: Host> Backward<B, 3> for LinearNode {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let Saved { x, weight, bias, y } = ops.state;
        let gy = gradients.consume::<B>(&ops.node);
        let [x_node, weight_node, bias_node] = ops.parents;

        let ([batch, inputs], [outputs]) = (dims::<2>(&x), dims::<1>(&bias));
        let relu = y.is_some();
        let y = y.unwrap_or_else(|| gy.clone()); // Without ReLU it is not read.
        let with_x = x_node.is_some();
        let found = with_slice::<B, _>(&x, |x| {
            with_slice::<B, _>(&gy, |gy| {
                with_layer::<B, _>(&weight, &bias, relu, |layer| {
                    with_slice::<B, _>(&y, |y| linear_backward(Isa::best(), layer, x, y, gy, with_x))
                })
            })
        });

        if let (Some(node), Some(gx)) = (x_node, found.x) {
            gradients.register::<B>(node.id, B::tensor(TensorData::new(gx, [batch, inputs])));
        }
        if let Some(node) = weight_node {
            gradients.register::<B>(node.id, B::tensor(TensorData::new(found.weight, [inputs, outputs])));
        }
        if let Some(node) = bias_node {
            gradients.register::<B>(node.id, B::tensor(TensorData::new(found.bias, [outputs])));
        }
    }
}

fn forward<B: Host>(
    x: &FloatTensor<B>,
    weight: &FloatTensor<B>,
    bias: &FloatTensor<B>,
    relu: bool,
) -> FloatTensor<B> {
    let ([batch, _], [outputs]) = (dims::<2>(x), dims::<1>(bias));
    let y = with_slice::<B, _>(x, |x| {
        with_layer::<B, _>(weight, bias, relu, |layer| linear_forward(Isa::best(), layer, x))
    });
    B::tensor(TensorData::new(y, [batch, outputs]))
}

/// The parameters as slices.
fn with_layer<B: Host, T>(
    weight: &FloatTensor<B>,
    bias: &FloatTensor<B>,
    relu: bool,
    then: impl FnOnce(Linear) -> T,
) -> T {
    with_slice::<B, _>(weight, |weight| with_slice::<B, _>(bias, |bias| then(Linear { weight, bias, relu })))
}
