//! [`conv_net_pass`]: forward and backward pass of a network without Burn's graph of gradients.

use burn::tensor::Tensor;

use super::conv_net::Affine;
#[cfg(feature = "flex")]
use super::cpu::flex_pass::{self, FlexPass};

/// The forward pass of a network, kept for its backward pass.
#[derive(Debug)]
pub struct ConvNetPass {
    #[cfg(feature = "flex")]
    pass: FlexPass,
    /// Never made.
    #[cfg(not(feature = "flex"))]
    never: std::convert::Infallible,
}

/// The gradients of weight and bias of one layer; `None` for a parameter that requires none.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AffineGradient<const D: usize> {
    /// In the shape of the weight.
    pub weight: Option<Tensor<D>>,
    /// In the shape of the bias.
    pub bias: Option<Tensor<1>>,
}

/// The gradients of blocks and layers.
#[cfg(feature = "flex")]
pub(super) type Gradients = ([AffineGradient<4>; 2], [AffineGradient<2>; 3]);

/// Does what [`conv_net`](super::conv_net) does, but keeps what the backward pass needs in the result instead of Burn's
/// graph, which saves a sixth of a training step on one image. Returns the logits, without autodiff, and the pass.
///
/// The parameters may be leaves of the graph: those that require a gradient get one from [`ConvNetPass::backward`]. Logits
/// and gradients have the bits of `conv_net` and its gradients.
///
/// Returns `None` where only the graph can do it: on every device but flex, for types and shapes that the kernels do not
/// support, and if the images or a result of other operations require a gradient.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::ops::{Affine, conv_net_pass};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let leaf = device.clone().autodiff();
/// let block = |dims: [usize; 4]| {
///     Affine::new(Tensor::ones(dims, &leaf).require_grad(), Tensor::zeros([dims[0]], &leaf))
/// };
/// let layer = |dims: [usize; 2]| Affine::new(Tensor::ones(dims, &leaf), Tensor::zeros([dims[1]], &leaf));
/// let blocks = [block([6, 1, 5, 5]), block([16, 6, 5, 5])];
/// let layers = [layer([400, 120]), layer([120, 84]), layer([84, 10])];
/// let (logits, pass) =
///     conv_net_pass(Tensor::ones([7, 1, 32, 32], &device), blocks, layers).ok_or("on flex")?;
/// let (blocks, layers) = pass.backward(logits.ones_like()); // the gradients of the sum of all logits
/// assert_eq!(blocks[0].weight.as_ref().map(Tensor::dims), Some([6, 1, 5, 5]));
/// assert!(blocks[0].bias.is_none() && layers[0].weight.is_none(), "no gradient was required");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn conv_net_pass(
    images: Tensor<4>,
    blocks: [Affine<4>; 2],
    layers: [Affine<2>; 3],
) -> Option<(Tensor<2>, ConvNetPass)> {
    #[cfg(feature = "flex")]
    return flex_pass::forward(images, blocks, layers).map(|(logits, pass)| (logits, ConvNetPass { pass }));
    #[cfg(not(feature = "flex"))]
    {
        let _ = (images, blocks, layers);
        None
    }
}

impl ConvNetPass {
    /// The gradients of blocks and layers for the gradient of the logits, `[batch, classes]`. Below the lowest parameter
    /// that requires one nothing is computed.
    ///
    /// # Panics
    /// If `gradient` has another shape or type than the logits, is on another device, or on autodiff.
    pub fn backward(self, gradient: Tensor<2>) -> ([AffineGradient<4>; 2], [AffineGradient<2>; 3]) {
        #[cfg(feature = "flex")]
        return flex_pass::backward(&self.pass, gradient);
        #[cfg(not(feature = "flex"))]
        {
            let _ = gradient;
            match self.never {}
        }
    }
}
