//! [`Network`]: what this example trains: LeNet, or [`Wide`], a larger network.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use lenet_backend::ops::{conv_relu_pool, linear_relu};
use lenet_model::LeNet;

/// A module that reads digits.
pub trait Network: Module {
    /// Forward pass: `[batch, 1, 32, 32]` → logits `[batch, 10]`.
    fn logits(&self, images: Tensor<4>) -> Tensor<2>;
}

impl Network for LeNet {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward(images)
    }
}

/// LeNet with more channels and units in each layer.
#[derive(Module, Debug)]
pub struct Wide {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Wide {
    /// `width` times as many channels and units as LeNet has: about `width`² times as many parameters. The initial weights are drawn from
    /// the random numbers of `device`.
    pub fn new(width: usize, device: &Device) -> Self {
        let convolution = |inputs, outputs| Conv2dConfig::new([inputs, outputs], [5, 5]).init(device);
        let layer = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
        Self {
            conv1: convolution(1, 6 * width),
            conv2: convolution(6 * width, 16 * width),
            fc1: layer(25 * 16 * width, 120 * width),
            fc2: layer(120 * width, 84 * width),
            fc3: layer(84 * width, 10),
        }
    }
}

impl Network for Wide {
    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        let pooled = block(&self.conv2, block(&self.conv1, images));
        let hidden = hidden(&self.fc2, hidden(&self.fc1, pooled.flatten(1, 3)));
        self.fc3.forward(hidden)
    }
}

/// Convolution, ReLU and max-pool as one operation of lenet-backend.
fn block(layer: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    match &layer.bias {
        Some(bias) => conv_relu_pool(x, layer.weight.val(), bias.val()),
        None => conv_relu_pool(
            x,
            layer.weight.val(),
            Tensor::zeros([layer.weight.dims()[0]], &layer.weight.device()),
        ),
    }
}

/// Linear layer and ReLU as one operation of lenet-backend.
fn hidden(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    let bias = layer.bias.as_ref().map(|bias| bias.val());
    let zeros = || Tensor::zeros([layer.weight.dims()[1]], &layer.weight.device());
    linear_relu(x, layer.weight.val(), bias.unwrap_or_else(zeros))
}
