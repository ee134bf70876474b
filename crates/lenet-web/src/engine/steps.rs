//! [`Steps`]: an optimizer and its state. Burn's `ModuleOptimizer` can also clip gradients, by operations that would be a
//! third of the page.

use std::mem;

use burn::module::Param;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_backend::optim::{Update, update};
use lenet_model::LeNet;
use lenet_train::Optimizer;

/// The steps of an optimizer on one network.
pub(super) struct Steps {
    optimizer: Optimizer,
    /// Number of completed steps.
    done: usize,
    conv: [State<4>; 2],
    fc: [State<2>; 3],
}

/// The optimizer's state for the weight and the bias of a layer; empty before the first step.
#[derive(Default)]
struct State<const D: usize> {
    weight: Vec<Tensor<D>>,
    bias: Vec<Tensor<1>>,
}

impl Steps {
    /// No step yet.
    pub(super) fn new(optimizer: Optimizer) -> Self {
        Self { optimizer, done: 0, conv: Default::default(), fc: Default::default() }
    }

    /// The network after one step.
    pub(super) fn step(&mut self, rate: f64, net: LeNet, gradients: GradientsParams) -> LeNet {
        self.done += 1;
        let mut step = Step { update: self.optimizer.update(self.done, rate), gradients };
        let [conv1, conv2] = &mut self.conv;
        let [fc1, fc2, fc3] = &mut self.fc;
        LeNet {
            conv1: step.convolution(net.conv1, conv1),
            conv2: step.convolution(net.conv2, conv2),
            fc1: step.linear(net.fc1, fc1),
            fc2: step.linear(net.fc2, fc2),
            fc3: step.linear(net.fc3, fc3),
        }
    }
}

/// One step of all parameters.
struct Step {
    update: Update,
    gradients: GradientsParams,
}

impl Step {
    fn convolution(&mut self, layer: Conv2d, state: &mut State<4>) -> Conv2d {
        let bias = layer.bias.map(|bias| self.parameter(bias, &mut state.bias));
        Conv2d { weight: self.parameter(layer.weight, &mut state.weight), bias, ..layer }
    }

    fn linear(&mut self, layer: Linear, state: &mut State<2>) -> Linear {
        let bias = layer.bias.map(|bias| self.parameter(bias, &mut state.bias));
        Linear { weight: self.parameter(layer.weight, &mut state.weight), bias }
    }

    /// The parameter after the step; the same one if it has no gradient.
    fn parameter<const D: usize>(
        &mut self,
        parameter: Param<Tensor<D>>,
        state: &mut Vec<Tensor<D>>,
    ) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = parameter.consume();
        let tensor = match self.gradients.remove::<D>(id) {
            Some(gradient) => {
                let (tensor, next) = update(self.update, tensor.inner(), gradient, mem::take(state));
                *state = next;
                Tensor::from_inner(tensor).require_grad()
            }
            None => tensor,
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}
