//! [`Operations`]: the functions under test, as a table of function pointers.
//!
//! A subject is a device with one such table. A planted bug replaces one function of the table.

use std::fmt;

use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdaGradConfig, AdamConfig, AdamWConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::module::{conv2d, linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Int, Tensor};
use lenet_model::{Activations, LeNet};
use lenet_train::{Loss, Optimizer, OptimizerKind, mse};

/// One function for each operation that the ladder compares. Shapes are those of [`lenet_backend`]'s
/// functions; weights of linear layers are `[inputs, outputs]`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Operations {
    /// `fused` or `stock`.
    pub name: &'static str,
    /// Convolution of x, weight and bias, without padding, with stride 1.
    pub conv2d: fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>,
    /// ReLU.
    pub relu: fn(Tensor<4>) -> Tensor<4>,
    /// Max-pool over windows of 2×2, with stride 2.
    pub max_pool: fn(Tensor<4>) -> Tensor<4>,
    /// Convolution of x, weight and bias, then ReLU, then max-pool.
    pub conv_relu_pool: fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>,
    /// Linear layer, x·weight + bias.
    pub linear: fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
    /// Linear layer and ReLU, relu(x·weight + bias).
    pub linear_relu: fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
    /// Log-softmax of each row.
    pub log_softmax: fn(Tensor<2>) -> Tensor<2>,
    /// Loss `[1]` of logits and labels.
    pub loss: fn(Loss, Tensor<2>, Tensor<1, Int>) -> Tensor<1>,
    /// Forward pass of the network that returns every activation.
    pub activations: fn(&LeNet, Tensor<4>) -> Activations,
    /// Forward pass of the network that returns the logits only, as training and prediction call it.
    pub logits: fn(&LeNet, Tensor<4>) -> Tensor<2>,
    /// Creates an optimizer without state.
    pub optimizer: fn(Optimizer) -> ModuleOptimizer,
}

impl Operations {
    /// Burn's own operations, none of them fused.
    pub fn stock() -> Self {
        Self {
            name: "stock",
            conv2d: stock_conv2d,
            relu: |x| relu(x),
            max_pool: stock_max_pool,
            conv_relu_pool: |x, weight, bias| stock_max_pool(relu(stock_conv2d(x, weight, bias))),
            linear: |x, weight, bias| linear(x, weight, Some(bias)),
            linear_relu: |x, weight, bias| relu(linear(x, weight, Some(bias))),
            log_softmax: |x| log_softmax(x, 1),
            loss: stock_loss,
            activations: |net, images| net.activations(images),
            logits: |net, images| net.activations(images).output,
            optimizer: stock_optimizer,
        }
    }

    /// This workspace's operations where the device has them, Burn's elsewhere.
    pub fn fused() -> Self {
        Self {
            name: "fused",
            conv_relu_pool: lenet_backend::ops::conv_relu_pool,
            linear: lenet_backend::ops::linear,
            linear_relu: lenet_backend::ops::linear_relu,
            loss: |loss, logits, labels| loss.forward(logits, labels),
            logits: |net, images| net.forward(images),
            optimizer: |optimizer| optimizer.init(),
            ..Self::stock()
        }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("name", &self.name).finish_non_exhaustive()
    }
}

fn stock_conv2d(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    conv2d(x, weight, Some(bias), ConvOptions::new([1, 1], [0, 0], [1, 1], 1))
}

fn stock_max_pool(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]))
}

fn stock_loss(loss: Loss, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    match loss {
        Loss::CrossEntropy => CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels),
        Loss::Mse => {
            let [batch, classes] = logits.dims();
            let columns = Tensor::<1, Int>::arange(0..classes as i64, &labels.device());
            let columns = columns.unsqueeze::<2>().expand([batch, classes]);
            let targets = columns.equal(labels.unsqueeze_dim::<2>(1).expand([batch, classes])).float();
            mse(logits, targets)
        }
    }
}

/// Burn's optimizer with the settings of `optimizer`. Where Burn's defaults differ from PyTorch's, PyTorch's
/// are set.
fn stock_optimizer(optimizer: Optimizer) -> ModuleOptimizer {
    let Optimizer { kind, momentum, weight_decay, betas, alpha, centered, .. } = optimizer;
    let [beta_1, beta_2] = betas.map(|beta| beta as f32);
    let decay = (weight_decay != 0.0).then(|| WeightDecayConfig::new(weight_decay as f32));
    match kind {
        OptimizerKind::Sgd | OptimizerKind::Nesterov => {
            let nesterov = kind == OptimizerKind::Nesterov;
            let velocity =
                MomentumConfig::new().with_momentum(momentum).with_dampening(0.0).with_nesterov(nesterov);
            let velocity = (momentum != 0.0).then_some(velocity);
            SgdConfig::new().with_momentum(velocity).with_weight_decay(decay).init()
        }
        OptimizerKind::Adam => {
            let adam = AdamConfig::new().with_beta_1(beta_1).with_beta_2(beta_2).with_epsilon(1e-8);
            adam.with_weight_decay(decay).init()
        }
        OptimizerKind::Adamw => {
            let adamw = AdamWConfig::new().with_beta_1(beta_1).with_beta_2(beta_2).with_epsilon(1e-8);
            adamw.with_weight_decay(weight_decay as f32).init()
        }
        OptimizerKind::Rmsprop => {
            let rmsprop =
                RmsPropConfig::new().with_alpha(alpha as f32).with_centered(centered).with_epsilon(1e-8);
            rmsprop.with_momentum(momentum as f32).with_weight_decay(decay).init()
        }
        OptimizerKind::Adagrad => AdaGradConfig::new().with_epsilon(1e-10).with_weight_decay(decay).init(),
    }
}
