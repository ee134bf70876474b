//! [`LeNet`]: the network.

use burn::module::{Module, Param};
use burn::nn::conv::Conv2d;
use burn::nn::{Linear, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor};
use lenet_backend::ops::{Affine, conv_net};

use crate::{Error, StateDict};

/// LeNet as PyTorch's "Neural Networks" tutorial defines it: 10 parameter tensors, 61,706 numbers.
///
/// ```text
/// INPUT 1×32×32 → C1 6×28×28 → S2 6×14×14 → C3 16×10×10 → S4 16×5×5 → F5 120 → F6 84 → OUTPUT 10
/// ```
///
/// C are 5×5 convolutions and F linear layers, each followed by ReLU; S are 2×2 max-pools; OUTPUT is linear.
/// [`with_classes`](LeNet::with_classes) makes a network with another number of outputs.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct LeNet {
    /// INPUT → C1: 1 channel to 6, 5×5.
    pub conv1: Conv2d,
    /// S2 → C3: 6 channels to 16, 5×5.
    pub conv2: Conv2d,
    /// S4 → F5: 400 to 120.
    pub fc1: Linear,
    /// F5 → F6: 120 to 84.
    pub fc2: Linear,
    /// F6 → OUTPUT: 84 to 10, or to another number of classes.
    pub fc3: Linear,
}

impl LeNet {
    /// A network with random initial weights, drawn on the host, so that a `seed` gives the same bits on
    /// every backend. [`StateDict::random`] has the distribution.
    pub fn new(seed: u64, device: &Device) -> Self {
        Self::with_state_dict(&StateDict::random(seed), device)
    }

    /// A network with `classes` outputs and random initial weights. With 10 it is [`new`](Self::new), and the
    /// other layers have the same initial weights for every number of classes.
    ///
    /// # Errors
    /// [`Error::Classes`] if `classes` is 0 or above [`MOST_CLASSES`](crate::MOST_CLASSES).
    pub fn with_classes(classes: usize, seed: u64, device: &Device) -> Result<Self, Error> {
        Ok(Self::with_state_dict(&StateDict::random_with_classes(classes, seed)?, device))
    }

    /// A network with the given weights, and as many outputs as they have.
    pub fn with_state_dict(state: &StateDict, device: &Device) -> Self {
        let net = Self {
            conv1: convolution([1, 6], device),
            conv2: convolution([6, 16], device),
            fc1: layer([400, 120], device),
            fc2: layer([120, 84], device),
            fc3: layer([84, state.classes()], device),
        };
        net.load_state_dict(state, device)
    }

    /// Number of classes: of logits for each image.
    pub fn classes(&self) -> usize {
        let [_, classes] = self.fc3.weight.dims();
        classes
    }

    /// Forward pass: computes the logits of the classes, as [`activations`](Self::activations) does layer by
    /// layer, but where the device has it as one fused operation.
    ///
    /// - `images`: `[batch, 1, 32, 32]`
    /// - result: `[batch, classes]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let (blocks, layers) = self.operands();
        conv_net(images, blocks, layers)
    }

    /// Weights and biases.
    pub(crate) fn operands(&self) -> ([Affine<4>; 2], [Affine<2>; 3]) {
        let blocks = [&self.conv1, &self.conv2].map(|block| affine(&block.weight, &block.bias, 0));
        let layers = [&self.fc1, &self.fc2, &self.fc3].map(|layer| affine(&layer.weight, &layer.bias, 1));
        (blocks, layers)
    }

    /// Forward pass that returns the output of every layer.
    ///
    /// - `images`: `[batch, 1, 32, 32]`
    pub fn activations(&self, images: Tensor<4>) -> Activations {
        let c1 = relu(self.conv1.forward(images));
        let s2 = max_pool(c1.clone());
        let c3 = relu(self.conv2.forward(s2.clone()));
        let s4 = max_pool(c3.clone());
        let f5 = relu(self.fc1.forward(s4.clone().flatten::<2>(1, 3)));
        let f6 = relu(self.fc2.forward(f5.clone()));
        let output = self.fc3.forward(f6.clone());
        Activations { c1, s2, c3, s4, f5, f6, output }
    }
}

/// The output of each layer of a [`LeNet`], after its ReLU, under its name in the tutorial's picture.
#[derive(Debug, Clone)]
pub struct Activations {
    /// C1, first convolution: `[batch, 6, 28, 28]`.
    pub c1: Tensor<4>,
    /// S2, first max-pool: `[batch, 6, 14, 14]`.
    pub s2: Tensor<4>,
    /// C3, second convolution: `[batch, 16, 10, 10]`.
    pub c3: Tensor<4>,
    /// S4, second max-pool: `[batch, 16, 5, 5]`.
    pub s4: Tensor<4>,
    /// F5, first linear layer: `[batch, 120]`.
    pub f5: Tensor<2>,
    /// F6, second linear layer: `[batch, 84]`.
    pub f6: Tensor<2>,
    /// OUTPUT, the logits, without ReLU: `[batch, classes]`.
    pub output: Tensor<2>,
}

/// A 5×5 convolution of zeros, from and to these channels. Burn's configuration would draw random weights.
fn convolution([inputs, outputs]: [usize; 2], device: &Device) -> Conv2d {
    let side = 5;
    Conv2d {
        weight: Param::from_tensor(Tensor::zeros([outputs, inputs, side, side], device)),
        bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))),
        stride: [1, 1],
        kernel_size: [side, side],
        dilation: [1, 1],
        groups: 1,
        padding: PaddingConfig2d::Valid,
    }
}

/// A linear layer of zeros.
fn layer([inputs, outputs]: [usize; 2], device: &Device) -> Linear {
    let weight = Param::from_tensor(Tensor::zeros([inputs, outputs], device));
    Linear { weight, bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))) }
}

/// Weight and bias, which is 0 in a layer without one; the sizes of `weight` along `outputs` and of the bias are equal.
fn affine<const D: usize>(
    weight: &Param<Tensor<D>>,
    bias: &Option<Param<Tensor<1>>>,
    outputs: usize,
) -> Affine<D> {
    let weight = weight.val();
    let zeros = || Tensor::zeros([weight.dims()[outputs]], &weight.device());
    let bias = bias.as_ref().map_or_else(zeros, Param::val);
    Affine::new(weight, bias)
}

/// 2×2 max-pool: `[batch, channels, 2h, 2w]` to `[batch, channels, h, w]`.
fn max_pool(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]))
}
