//! [`Operations`]: what computes. A subject is a device and one of these; a planted bug is one with a function replaced.

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

/// A function for every operation that the ladder compares. Shapes are those of [`lenet_backend`]'s functions.
#[derive(Clone, Copy)]
pub struct Operations {
    /// `fused` or `stock`.
    pub name: &'static str,
    /// Convolution without padding, stride 1: x, weight, bias.
    pub conv2d: fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>,
    /// ReLU.
    pub relu: fn(Tensor<4>) -> Tensor<4>,
    /// Maximum over windows of 2×2.
    pub max_pool: fn(Tensor<4>) -> Tensor<4>,
    /// Convolution, ReLU and max-pool.
    pub conv_relu_pool: fn(Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>,
    /// x·weight + bias.
    pub linear: fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
    /// relu(x·weight + bias).
    pub linear_relu: fn(Tensor<2>, Tensor<2>, Tensor<1>) -> Tensor<2>,
    /// log softmax of each row.
    pub log_softmax: fn(Tensor<2>) -> Tensor<2>,
    /// A loss `[1]` of logits and labels.
    pub loss: fn(Loss, Tensor<2>, Tensor<1, Int>) -> Tensor<1>,
    /// The network with everything on the way.
    pub activations: fn(&LeNet, Tensor<4>) -> Activations,
    /// The network as it is trained and used.
    pub logits: fn(&LeNet, Tensor<4>) -> Tensor<2>,
    /// An optimizer with empty state.
    pub optimizer: fn(Optimizer) -> ModuleOptimizer,
}

impl Operations {
    /// Burn's own operations, one after the other.
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

    /// What this workspace computes with: its own operations where the device has them, and Burn's elsewhere.
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

/// Burn's optimizer with the settings of `optimizer`, and PyTorch's where Burn's defaults differ.
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
