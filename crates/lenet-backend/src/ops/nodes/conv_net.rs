//! `conv_net` on a [`Host`] backend, and its node in the graph of gradients.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};
use burn::tensor::TensorData;

use super::super::images::dims;
use super::conv::output_layout;
use crate::devices::host::Host;
use crate::kernels::Isa;
use crate::kernels::conv::{ConvShape, ConvWeights, Images, Layout, conv_backward, conv_forward};
use crate::kernels::linear::{Linear, linear_backward, linear_forward};

/// Number of convolution blocks.
pub(crate) const BLOCKS: usize = 2;
/// Number of linear layers.
pub(crate) const LAYERS: usize = 3;
/// Number of tensors: the images, then weight and bias of each block and layer.
const TENSORS: usize = 1 + 2 * (BLOCKS + LAYERS);

/// Forward pass without gradients. `tensors` are the images, then weight and bias of each block and layer.
pub(in crate::ops) fn infer<B: Host>(tensors: [FloatTensor<B>; TENSORS]) -> FloatTensor<B> {
    let operands = Operands::<B>::new(tensors);
    operands.logits(operands.forward(false).1)
}

/// Forward pass on a device with autodiff: saves the operands of the backward pass if a gradient is required.
pub(in crate::ops) fn track<B: Host, C: CheckpointStrategy>(
    tensors: [FloatTensor<Autodiff<B, C>>; TENSORS],
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = tensors.each_ref().map(|tensor| tensor.node());
    let operands = Operands::<B>::new(tensors.map(|tensor| tensor.into_primitive()));
    match ConvNet.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (outputs, logits) = operands.forward(true);
            let logits = operands.logits(logits);
            prepared.finish(Arc::new((operands, outputs)), logits)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(operands.logits(operands.forward(false).1)),
    }
}

/// The operation as a node of the graph.
#[derive(Debug)]
struct ConvNet;

impl<B: Host> Backward<B, TENSORS> for ConvNet {
    type State = Arc<(Operands<B>, Outputs)>;

    fn backward(self, ops: Ops<Self::State, TENSORS>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (operands, outputs) = &*ops.state;
        let gradient = row_major::<B>(gradients.consume::<B>(&ops.node));
        let nodes = ops.parents.each_ref().map(|node| node.as_ref().map(|node| node.id));
        // Below the lowest tensor that requires a gradient nothing is computed.
        let lowest = nodes.iter().position(Option::is_some).unwrap_or(TENSORS);
        operands.backward(outputs, slice::<B>(&gradient).to_vec(), lowest, |tensor, numbers| {
            if let Some(node) = nodes[tensor] {
                let shape = operands.tensors[tensor].shape();
                gradients.register::<B>(node, B::tensor(TensorData::new(numbers, shape)));
            }
        });
    }
}

/// The tensors of the operation, row-major.
#[derive(Debug)]
struct Operands<B: Host> {
    tensors: [FloatTensor<B>; TENSORS],
}

/// What the backward pass needs of the forward pass.
#[derive(Debug)]
struct Outputs {
    blocks: Vec<BlockOutput>,
    /// Outputs of the linear layers, but for the last one.
    layers: Vec<Vec<f32>>,
}

#[derive(Debug)]
struct BlockOutput {
    y: Vec<f32>,
    layout: Layout,
    /// For each pool window, the position that gets the gradient.
    routes: Vec<u8>,
}

impl<B: Host> Operands<B> {
    fn new(tensors: [FloatTensor<B>; TENSORS]) -> Self {
        Self { tensors: tensors.map(row_major::<B>) }
    }

    /// The outputs for the backward pass, with routes only if `with_routes`; and the logits.
    fn forward(&self, with_routes: bool) -> (Outputs, Vec<f32>) {
        let mut blocks: Vec<BlockOutput> = Vec::with_capacity(BLOCKS);
        for (block, shape) in self.shapes().into_iter().enumerate() {
            // The linear layers read the output of the last block as rows.
            let is_last = block + 1 == BLOCKS;
            let layout = if is_last { Layout::ChannelsFirst } else { output_layout(shape) };
            let x = self.images_of(&blocks);
            let (y, routes) = conv_forward(Isa::best(), shape, x, self.filters(block), layout, with_routes);
            blocks.push(BlockOutput { y, layout, routes });
        }
        let mut layers: Vec<Vec<f32>> = Vec::with_capacity(LAYERS);
        for layer in 0..LAYERS {
            let x = layers.last().unwrap_or(&blocks[BLOCKS - 1].y);
            let y = linear_forward(Isa::best(), self.layer(layer), x);
            layers.push(y);
        }
        let logits = layers.pop().unwrap_or_default();
        (Outputs { blocks, layers }, logits)
    }

    /// Computes the gradients from the last layer to the first one, and calls `register` with the index of each
    /// tensor and its gradient, down to the tensor `lowest`.
    fn backward(
        &self,
        outputs: &Outputs,
        mut gradient: Vec<f32>,
        lowest: usize,
        mut register: impl FnMut(usize, Vec<f32>),
    ) {
        let Outputs { blocks, layers } = outputs;
        for layer in (0..LAYERS).rev() {
            let weight = weight_of(BLOCKS + layer);
            let x = layer.checked_sub(1).map_or(&blocks[BLOCKS - 1].y, |below| &layers[below]);
            let y = layers.get(layer).unwrap_or(&gradient); // The last layer has no ReLU: it is not read.
            let found = linear_backward(Isa::best(), self.layer(layer), x, y, &gradient, lowest < weight);
            register(weight, found.weight);
            register(weight + 1, found.bias);
            let Some(below) = found.x else { return };
            gradient = below;
        }
        let shapes = self.shapes();
        for block in (0..BLOCKS).rev() {
            let weight = weight_of(block);
            let BlockOutput { routes, layout, .. } = &blocks[block];
            let (x, gy) = (self.images_of(&blocks[..block]), Images { data: &gradient, layout: *layout });
            let (filters, gx_layout) = (self.filters(block).weight, (lowest < weight).then_some(x.layout));
            let found = conv_backward(Isa::best(), shapes[block], x, filters, routes, gy, gx_layout);
            register(weight, found.weight);
            register(weight + 1, found.bias);
            let Some(below) = found.x else { return };
            gradient = below;
        }
        register(0, gradient);
    }

    /// The input of the block after `blocks`.
    fn images_of<'a>(&'a self, blocks: &'a [BlockOutput]) -> Images<'a> {
        match blocks.last() {
            Some(BlockOutput { y, layout, .. }) => Images { data: y, layout: *layout },
            None => Images { data: slice::<B>(&self.tensors[0]), layout: Layout::ChannelsFirst },
        }
    }

    fn filters(&self, block: usize) -> ConvWeights<'_> {
        let [weight, bias] = self.parameters(block);
        ConvWeights { weight, bias }
    }

    fn layer(&self, layer: usize) -> Linear<'_> {
        let [weight, bias] = self.parameters(BLOCKS + layer);
        Linear { weight, bias, relu: layer + 1 < LAYERS }
    }

    /// Weight and bias of a block, or, after the blocks, of a linear layer.
    fn parameters(&self, index: usize) -> [&[f32]; 2] {
        let weight = weight_of(index);
        [weight, weight + 1].map(|tensor| slice::<B>(&self.tensors[tensor]))
    }

    fn shapes(&self) -> [ConvShape; BLOCKS] {
        let [_, mut channels, mut height, mut width] = dims(&self.tensors[0]);
        std::array::from_fn(|block| {
            let [filters, .., kernel] = dims::<4>(&self.tensors[weight_of(block)]);
            let shape = ConvShape { channels, height, width, filters, kernel };
            (channels, height, width) = (filters, shape.pooled_height(), shape.pooled_width());
            shape
        })
    }

    fn logits(&self, numbers: Vec<f32>) -> FloatTensor<B> {
        let ([batch, ..], [classes]) = (dims::<4>(&self.tensors[0]), dims::<1>(&self.tensors[TENSORS - 1]));
        B::tensor(TensorData::new(numbers, [batch, classes]))
    }
}

/// Index of the weight of a block, or, after the blocks, of a linear layer; the bias follows it.
fn weight_of(index: usize) -> usize {
    1 + 2 * index
}

fn row_major<B: Host>(tensor: FloatTensor<B>) -> FloatTensor<B> {
    if B::slice(&tensor).is_some() { tensor } else { B::to_row_major(&tensor) }
}

/// The numbers of a tensor that `row_major` returned.
#[allow(clippy::expect_used)]
fn slice<B: Host>(tensor: &FloatTensor<B>) -> &[f32] {
    B::slice(tensor).expect("a row-major tensor is a slice")
}
