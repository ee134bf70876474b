//! The passes of the fused operations on a GPU.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::TensorData;
use burn_cubecl::tensor::CubeTensor;

use super::class_loss::ClassLoss;
use super::passes::{AffineGradients, BLOCKS, LAYERS, Passes, TENSORS, weight_of};
use crate::conv_shape::ConvShape;
use crate::cube::{self, Criterion, Gradients};
use crate::devices::cube::{from_burn, to_burn};

impl Passes for Cube {
    type Routes = CubeTensor;
    type Net = Net;

    fn block(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        with_routes: bool,
    ) -> (FloatTensor<Self>, Self::Routes) {
        let [x, weight, bias] = [x, weight, bias].map(|tensor| from_burn(tensor.clone()));
        let (y, routes) = cube::block(shape(&x, &weight), &x, &weight, &bias, with_routes);
        (to_burn(y), routes)
    }

    fn block_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        routes: &Self::Routes,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self> {
        let [x, weight] = [x, weight].map(|tensor| from_burn(tensor.clone()));
        cube::block_backward(shape(&x, &weight), &x, &weight, routes, &from_burn(gy), with_x).into()
    }

    fn layer(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let [x, weight, bias] = [x, weight, bias].map(|tensor| from_burn(tensor.clone()));
        to_burn(cube::layer(&x, &weight, &bias, relu))
    }

    fn layer_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        _: &FloatTensor<Self>,
        y: Option<&FloatTensor<Self>>,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self> {
        let [x, weight] = [x, weight].map(|tensor| from_burn(tensor.clone()));
        let y = y.map(|y| from_burn(y.clone()));
        cube::layer_backward(&x, &weight, y.as_ref(), &from_burn(gy), with_x).into()
    }

    fn net(tensors: [FloatTensor<Self>; TENSORS]) -> FloatTensor<Self> {
        Net::forward(tensors.map(from_burn), false).0
    }

    fn net_tracked(tensors: [FloatTensor<Self>; TENSORS]) -> (FloatTensor<Self>, Self::Net) {
        Net::forward(tensors.map(from_burn), true)
    }

    fn net_backward(
        net: &Self::Net,
        gradient: FloatTensor<Self>,
        lowest: usize,
        mut register: impl FnMut(usize, FloatTensor<Self>),
    ) {
        net.backward(from_burn(gradient), lowest, |tensor, gradient| register(tensor, to_burn(gradient)));
    }

    fn loss(
        logits: &FloatTensor<Self>,
        labels: IntTensor<Self>,
        loss: &ClassLoss,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (criterion, smoothing, weights) = match loss {
            ClassLoss::CrossEntropy { smoothing, weights } => {
                (Criterion::CrossEntropy { weighted: weights.is_some() }, *smoothing, weights.as_deref())
            }
            ClassLoss::SquaredError => (Criterion::SquaredError, 0.0, None),
        };
        let weights = weights.map(|weights| {
            let data = TensorData::new(weights.to_vec(), [weights.len()]);
            from_burn(Self::float_from_data(data, &logits.device()))
        });
        let logits = from_burn(logits.clone());
        let weights = weights.as_ref().unwrap_or(&logits); // Not read without weights.
        let (value, gradient) = cube::class_loss(criterion, smoothing, &logits, &from_burn(labels), weights);
        (to_burn(value), to_burn(gradient))
    }

    fn loss_backward(gradient: FloatTensor<Self>, loss_gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        to_burn(cube::scaled(&from_burn(gradient), &from_burn(loss_gradient)))
    }
}

impl From<Gradients> for AffineGradients<Cube> {
    fn from(found: Gradients) -> Self {
        Self { x: found.x.map(to_burn), weight: to_burn(found.weight), bias: to_burn(found.bias) }
    }
}

/// The operands of a network, and what its forward pass has found.
#[derive(Debug)]
pub(crate) struct Net {
    tensors: [CubeTensor; TENSORS],
    /// Output and routes of each block.
    blocks: Vec<(CubeTensor, CubeTensor)>,
    /// Outputs of the linear layers, but for the last one.
    layers: Vec<CubeTensor>,
}

impl Net {
    /// The logits, and what the backward pass needs, with routes only if `with_routes`.
    fn forward(tensors: [CubeTensor; TENSORS], with_routes: bool) -> (FloatTensor<Cube>, Self) {
        let mut blocks: Vec<(CubeTensor, CubeTensor)> = Vec::with_capacity(BLOCKS);
        for block in 0..BLOCKS {
            let x = blocks.last().map_or(&tensors[0], |(y, _)| y);
            let [weight, bias] = parameters(&tensors, block);
            blocks.push(cube::block(shape(x, weight), x, weight, bias, with_routes));
        }
        let mut layers: Vec<CubeTensor> = Vec::with_capacity(LAYERS);
        for layer in 0..LAYERS {
            let x = layers.last().unwrap_or(&blocks[BLOCKS - 1].0);
            let [weight, bias] = parameters(&tensors, BLOCKS + layer);
            layers.push(cube::layer(x, weight, bias, layer + 1 < LAYERS));
        }
        let logits = layers.swap_remove(LAYERS - 1);
        (to_burn(logits), Self { tensors, blocks, layers })
    }

    /// See [`Passes::net_backward`].
    fn backward(&self, mut gradient: CubeTensor, lowest: usize, mut register: impl FnMut(usize, CubeTensor)) {
        let Self { tensors, blocks, layers } = self;
        for layer in (0..LAYERS).rev() {
            let weight = weight_of(BLOCKS + layer);
            let x = layer.checked_sub(1).map_or(&blocks[BLOCKS - 1].0, |below| &layers[below]);
            let y = layers.get(layer);
            let found = cube::layer_backward(x, &tensors[weight], y, &gradient, lowest < weight);
            register(weight, found.weight);
            register(weight + 1, found.bias);
            let Some(below) = found.x else { return };
            gradient = below;
        }
        for block in (0..BLOCKS).rev() {
            let weight = weight_of(block);
            let x = block.checked_sub(1).map_or(&tensors[0], |below| &blocks[below].0);
            let (shape, routes) = (shape(x, &tensors[weight]), &blocks[block].1);
            let found = cube::block_backward(shape, x, &tensors[weight], routes, &gradient, lowest < weight);
            register(weight, found.weight);
            register(weight + 1, found.bias);
            let Some(below) = found.x else { return };
            gradient = below;
        }
        register(0, gradient);
    }
}

/// Weight and bias of a block, or, after the blocks, of a linear layer.
fn parameters(tensors: &[CubeTensor; TENSORS], index: usize) -> [&CubeTensor; 2] {
    let weight = weight_of(index);
    [weight, weight + 1].map(|tensor| &tensors[tensor])
}

fn shape(x: &CubeTensor, weight: &CubeTensor) -> ConvShape {
    let [_, channels, height, width] = x.shape().dims();
    let [filters, _, kernel, _] = weight.shape().dims();
    ConvShape { channels, height, width, filters, kernel }
}
