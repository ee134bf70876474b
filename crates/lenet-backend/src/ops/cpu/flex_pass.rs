//! A network's passes on flex without Burn's graph of gradients. See [`conv_net_pass`](crate::ops::conv_net_pass).

use burn::backend::flex::FlexTensor;
use burn::backend::{BackendTensor, DispatchTensorKind, Flex};
use burn::tensor::Tensor;

use super::conv_net::{self, Net};
use crate::devices::host::Host;
use crate::ops::conv_net::Affine;
use crate::ops::dispatch::supports_conv_net;
use crate::ops::pass::{AffineGradient, Gradients};
use crate::ops::passes::{BLOCKS, LAYERS, TENSORS};

/// A forward pass, with what the backward pass needs.
#[derive(Debug)]
pub(in crate::ops) struct FlexPass {
    net: Net<Flex>,
    /// Whether each of the tensors gets a gradient.
    wanted: [bool; TENSORS],
}

/// The logits and the pass; `None` if the kernels do not support the operands.
pub(in crate::ops) fn forward(
    images: Tensor<4>,
    blocks: [Affine<4>; BLOCKS],
    layers: [Affine<2>; LAYERS],
) -> Option<(Tensor<2>, FlexPass)> {
    if !supports_conv_net(&images, &blocks, &layers) {
        return None;
    }
    let [block1, block2] = blocks;
    let [layer1, layer2, layer3] = layers;
    let operands = [
        image(images)?,
        operand(block1.weight)?,
        operand(block1.bias)?,
        operand(block2.weight)?,
        operand(block2.bias)?,
        operand(layer1.weight)?,
        operand(layer1.bias)?,
        operand(layer2.weight)?,
        operand(layer2.bias)?,
        operand(layer3.weight)?,
        operand(layer3.bias)?,
    ];
    let wanted = operands.each_ref().map(|operand| operand.wanted);
    let tensors = operands.map(|operand| operand.tensor);
    let (logits, net) = conv_net::tracked::<Flex>(tensors);
    Some((Flex::pack(logits), FlexPass { net, wanted }))
}

/// The gradients for the gradient of the logits.
pub(in crate::ops) fn backward(pass: &FlexPass, gradient: Tensor<2>) -> Gradients {
    let FlexPass { net, wanted } = pass;
    // The conversion fails for another device than that of the logits only.
    #[allow(clippy::expect_used)]
    let gradient = Flex::unpack(gradient).expect("the gradient of the logits is on flex, without autodiff");
    let lowest = wanted.iter().position(|wanted| *wanted).unwrap_or(TENSORS);
    let (mut blocks, mut layers) = Gradients::default();
    conv_net::backward::<Flex>(net, gradient, lowest, |tensor, gradient| {
        // The images come first, then weight and bias in turn.
        let Some(parameter) = tensor.checked_sub(1).filter(|_| wanted[tensor]) else { return };
        match parameter / 2 {
            block @ 0..BLOCKS => put(&mut blocks[block], parameter, gradient),
            layer => put(&mut layers[layer - BLOCKS], parameter, gradient),
        }
    });
    (blocks, layers)
}

fn put<const D: usize>(found: &mut AffineGradient<D>, parameter: usize, gradient: FlexTensor) {
    if parameter.is_multiple_of(2) {
        found.weight = Some(Flex::pack(gradient));
    } else {
        found.bias = Some(Flex::pack(gradient));
    }
}

struct Operand {
    tensor: FlexTensor,
    /// Whether it gets a gradient.
    wanted: bool,
}

/// `None` if the tensor is not on flex, or is tracked and no leaf: then the graph has to go on below it.
fn operand<const D: usize>(tensor: Tensor<D>) -> Option<Operand> {
    let wanted = tensor.is_require_grad();
    if !wanted && tensor.is_tracked() {
        return None;
    }
    Some(Operand { tensor: on_flex(tensor)?, wanted })
}

/// `None` if a gradient of the images may be asked for.
fn image(images: Tensor<4>) -> Option<Operand> {
    if images.is_tracked() {
        return None;
    }
    Some(Operand { tensor: on_flex(images)?, wanted: false })
}

/// The tensor of flex inside a tensor, with autodiff or without.
fn on_flex<const D: usize>(tensor: Tensor<D>) -> Option<FlexTensor> {
    let kind = match tensor.into_dispatch().kind {
        DispatchTensorKind::Autodiff(kind) => *kind,
        kind => kind,
    };
    match kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => Some(tensor),
        DispatchTensorKind::Flex(BackendTensor::Autodiff(tensor)) => Some(tensor.into_primitive()),
        _ => None,
    }
}
