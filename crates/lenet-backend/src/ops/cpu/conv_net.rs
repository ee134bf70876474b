//! The network on a [`Host`] backend.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::super::passes::{BLOCKS, LAYERS, TENSORS, weight_of};
use super::conv::output_layout;
use super::images::dims;
use crate::devices::host::Host;
use crate::kernels::Isa;
use crate::kernels::conv::{ConvShape, ConvWeights, Images, Layout, conv_backward, conv_forward};
use crate::kernels::linear::{Linear, linear_backward, linear_forward};

/// The operands of a network, and what its forward pass has found.
#[derive(Debug)]
pub(crate) struct Net<B: Host> {
    operands: Operands<B>,
    outputs: Outputs,
}

/// The logits.
pub(super) fn forward<B: Host>(tensors: [FloatTensor<B>; TENSORS]) -> FloatTensor<B> {
    let operands = Operands::<B>::new(tensors);
    operands.logits(operands.forward(false).1)
}

/// The logits, and what the backward pass needs.
pub(super) fn tracked<B: Host>(tensors: [FloatTensor<B>; TENSORS]) -> (FloatTensor<B>, Net<B>) {
    let operands = Operands::<B>::new(tensors);
    let (outputs, logits) = operands.forward(true);
    (operands.logits(logits), Net { operands, outputs })
}

/// See [`Passes::net_backward`](super::super::passes::Passes::net_backward).
pub(super) fn backward<B: Host>(
    net: &Net<B>,
    gradient: FloatTensor<B>,
    lowest: usize,
    mut register: impl FnMut(usize, FloatTensor<B>),
) {
    let Net { operands, outputs } = net;
    let gradient = row_major::<B>(gradient);
    operands.backward(outputs, slice::<B>(&gradient).to_vec(), lowest, |tensor, numbers| {
        register(tensor, B::tensor(TensorData::new(numbers, operands.tensors[tensor].shape())));
    });
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

fn row_major<B: Host>(tensor: FloatTensor<B>) -> FloatTensor<B> {
    if B::slice(&tensor).is_some() { tensor } else { B::to_row_major(&tensor) }
}

/// The numbers of a tensor that `row_major` returned.
#[allow(clippy::expect_used)]
fn slice<B: Host>(tensor: &FloatTensor<B>) -> &[f32] {
    B::slice(tensor).expect("a row-major tensor is a slice")
}
