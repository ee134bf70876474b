//! [`Passes`]: the forward and backward passes of the fused operations on one backend.

use std::fmt::Debug;

use burn::backend::Backend;
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::class_loss::ClassLoss;

/// Number of convolution blocks of a network.
pub(crate) const BLOCKS: usize = 2;
/// Number of linear layers of a network.
pub(crate) const LAYERS: usize = 3;
/// Number of tensors of a network: the images, then weight and bias of each block and layer.
pub(crate) const TENSORS: usize = 1 + 2 * (BLOCKS + LAYERS);

/// The passes of the fused operations on a backend with kernels. `dispatch` has checked shapes and types; `nodes`
/// puts the operations into the graph of gradients.
pub(crate) trait Passes: Backend {
    /// For each pool window of a convolution block, the position that gets the gradient.
    type Routes: Clone + Debug + Send + 'static;

    /// What the backward pass of a network needs of its forward pass.
    type Net: Debug + Send + Sync + 'static;

    /// Convolution block. The routes are for [`block_backward`](Self::block_backward), if `with_routes`.
    fn block(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        with_routes: bool,
    ) -> (FloatTensor<Self>, Self::Routes);

    /// The gradients of a convolution block for the gradient `gy` of its output.
    fn block_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        routes: &Self::Routes,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self>;

    /// Linear layer, with ReLU if `relu`.
    fn layer(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;

    /// The gradients of a linear layer for the gradient `gy` of its output. `y` is the output of a layer with ReLU.
    fn layer_backward(
        x: &FloatTensor<Self>,
        weight: &FloatTensor<Self>,
        bias: &FloatTensor<Self>,
        y: Option<&FloatTensor<Self>>,
        gy: FloatTensor<Self>,
        with_x: bool,
    ) -> AffineGradients<Self>;

    /// The logits of a network. `tensors` are the images, then weight and bias of each block and layer.
    fn net(tensors: [FloatTensor<Self>; TENSORS]) -> FloatTensor<Self>;

    /// The logits of a network, and what its backward pass needs.
    fn net_tracked(tensors: [FloatTensor<Self>; TENSORS]) -> (FloatTensor<Self>, Self::Net);

    /// Computes the gradients of a network from the last layer to the first one, and calls `register` with the index
    /// of each tensor and its gradient, down to the tensor `lowest`.
    fn net_backward(
        net: &Self::Net,
        gradient: FloatTensor<Self>,
        lowest: usize,
        register: impl FnMut(usize, FloatTensor<Self>),
    );

    /// A loss `[1]` and the gradient of the logits.
    fn loss(
        logits: &FloatTensor<Self>,
        labels: IntTensor<Self>,
        loss: &ClassLoss,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The gradient of the logits times the gradient `[1]` of the loss.
    fn loss_backward(gradient: FloatTensor<Self>, loss_gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The gradients of a block or layer.
pub(crate) struct AffineGradients<B: Backend> {
    /// With respect to the input; `None` if it was not asked for.
    pub x: Option<FloatTensor<B>>,
    pub weight: FloatTensor<B>,
    pub bias: FloatTensor<B>,
}

/// Index of the weight of a block, or, after the blocks, of a linear layer; the bias follows it.
pub(crate) fn weight_of(index: usize) -> usize {
    1 + 2 * index
}
