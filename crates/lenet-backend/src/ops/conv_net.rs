//! [`conv_net`]: a whole convolutional network as one operation.

use burn::tensor::Tensor;

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use super::dispatch;
use super::layers::{conv_relu_pool, linear, linear_relu};
use crate::stock::stock;

/// Weight and bias of one layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Affine<const D: usize> {
    /// As [`conv_relu_pool`] or [`linear`] takes it.
    pub weight: Tensor<D>,
    /// `[filters]` or `[outputs]`.
    pub bias: Tensor<1>,
}

impl<const D: usize> Affine<D> {
    /// Takes weight and bias.
    pub fn new(weight: Tensor<D>, bias: Tensor<1>) -> Self {
        Self { weight, bias }
    }

    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    pub(super) fn into_dispatch(self) -> (burn::backend::DispatchTensor, burn::backend::DispatchTensor) {
        (self.weight.into_dispatch(), self.bias.into_dispatch())
    }
}

/// Computes a network of two convolution blocks ([`conv_relu_pool`]), two linear layers with ReLU
/// ([`linear_relu`]) and a last linear layer without one. The result has the bits of these operations one after
/// the other, and so have the gradients. With autodiff the network is one node of the graph instead of six: on
/// small batches Burn's bookkeeping for a node takes longer than the node's arithmetic.
///
/// - `images`: `[batch, channels, height, width]`
/// - result: `[batch, outputs of the last layer]`
///
/// The output of the second block, `[batch, filters, height, width]`, is flattened to
/// `[batch, filters · height · width]` for the first linear layer.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::ops::{Affine, conv_net};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let block = |dims: [usize; 4]| Affine::new(Tensor::ones(dims, &device), Tensor::zeros([dims[0]], &device));
/// let layer = |dims: [usize; 2]| Affine::new(Tensor::ones(dims, &device), Tensor::zeros([dims[1]], &device));
/// let blocks = [block([6, 1, 5, 5]), block([16, 6, 5, 5])];
/// let layers = [layer([400, 120]), layer([120, 84]), layer([84, 10])];
/// let logits = conv_net(Tensor::ones([7, 1, 32, 32], &device), blocks, layers);
/// assert_eq!(logits.dims(), [7, 10]);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// As Burn's operations do, if the shapes or devices do not fit each other.
pub fn conv_net(images: Tensor<4>, blocks: [Affine<4>; 2], layers: [Affine<2>; 3]) -> Tensor<2> {
    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    if dispatch::supports_conv_net(&images, &blocks, &layers) {
        return dispatch::conv_net(images, blocks, layers);
    }
    stock(|| {
        let pooled =
            blocks.into_iter().fold(images, |x, Affine { weight, bias }| conv_relu_pool(x, weight, bias));
        let [first, second, last] = layers;
        let x = linear_relu(pooled.flatten::<2>(1, 3), first.weight, first.bias);
        let x = linear_relu(x, second.weight, second.bias);
        linear(x, last.weight, last.bias)
    })
}
