//! The linear layer on a [`Host`] backend.

use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::super::passes::AffineGradients;
use super::images::dims;
use crate::devices::host::{Host, with_slice};
use crate::kernels::Isa;
use crate::kernels::linear::{Linear, linear_backward, linear_forward};

/// The gradients of a layer for the gradient `gy` of its output `y`, which is read if the layer has a ReLU.
pub(super) fn backward<B: Host>(
    x: &FloatTensor<B>,
    weight: &FloatTensor<B>,
    bias: &FloatTensor<B>,
    y: Option<&FloatTensor<B>>,
    gy: &FloatTensor<B>,
    with_x: bool,
) -> AffineGradients<B> {
    let ([batch, inputs], [outputs]) = (dims::<2>(x), dims::<1>(bias));
    let relu = y.is_some();
    let y = y.unwrap_or(gy); // Without ReLU it is not read.
    let found = with_slice::<B, _>(x, |x| {
        with_slice::<B, _>(gy, |gy| {
            with_layer::<B, _>(weight, bias, relu, |layer| {
                with_slice::<B, _>(y, |y| linear_backward(Isa::best(), layer, x, y, gy, with_x))
            })
        })
    });
    AffineGradients {
        x: found.x.map(|gx| B::tensor(TensorData::new(gx, [batch, inputs]))),
        weight: B::tensor(TensorData::new(found.weight, [inputs, outputs])),
        bias: B::tensor(TensorData::new(found.bias, [outputs])),
    }
}

/// Runs the kernel.
pub(super) fn forward<B: Host>(
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
