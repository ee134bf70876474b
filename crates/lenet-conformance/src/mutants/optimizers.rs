//! Optimizers that step wrongly.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    AdaGradConfig, AdamConfig, AdamWConfig, AdaptiveMomentumState, LearningRate, ModuleOptimizer,
    Optimizer as Rule, RmsPropConfig, SgdConfig,
};
use burn::tensor::{Device, Tensor};
use lenet_train::{Optimizer, OptimizerKind};

use super::Plant;
use crate::Rung;

pub(super) const PLANTS: &[Plant] = &[
    Plant {
        name: "sgd-dampening",
        what: "Burn's default dampening of 0.1 instead of PyTorch's of 0",
        rung: Rung::OptimizerStep,
        plant: |operations| operations.optimizer = |optimizer| sgd(optimizer, 0.1, false),
    },
    Plant {
        name: "nesterov-as-plain-momentum",
        what: "Nesterov's step is that of plain momentum",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Nesterov => sgd(optimizer, 0.0, false),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "sgd-weight-decay-forgotten",
        what: "weight decay does nothing",
        rung: Rung::OptimizerStep,
        plant: |operations| operations.optimizer = |optimizer| optimizer.weight_decay(0.0).init(),
    },
    Plant {
        name: "adam-epsilon",
        what: "Burn's default ε of 1e-5 instead of PyTorch's of 1e-8",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adam => AdamConfig::new().init(),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "adam-without-bias-correction",
        what: "the moments are not divided by 1 - β^t",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adam => ModuleOptimizer::from(Uncorrected),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "adamw-decay-in-gradient",
        what: "AdamW adds the weight decay to the gradient, as Adam does",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adamw => adam(optimizer),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "adamw-decay-default",
        what: "Burn's default weight decay of 1e-4 instead of PyTorch's of 1e-2",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adamw => AdamWConfig::new().with_epsilon(1e-8).init(),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "rmsprop-momentum-default",
        what: "Burn's default momentum of 0.9 instead of PyTorch's of 0",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Rmsprop => RmsPropConfig::new().with_epsilon(1e-8).init(),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "adagrad-epsilon",
        what: "Burn's default ε of 1e-5 instead of PyTorch's of 1e-10",
        rung: Rung::OptimizerStep,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adagrad => AdaGradConfig::new().init(),
                _ => optimizer.init(),
            }
        },
    },
    Plant {
        name: "momentum-forgotten-after-three-steps",
        what: "the optimizer's state is lost when the fourth step begins",
        rung: Rung::Trajectories,
        plant: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Sgd if optimizer.momentum != 0.0 && optimizer.weight_decay == 0.0 => {
                    ModuleOptimizer::from(Forgetful(optimizer.momentum))
                }
                _ => optimizer.init(),
            }
        },
    },
];

fn sgd(optimizer: Optimizer, dampening: f64, nesterov: bool) -> ModuleOptimizer {
    let momentum = MomentumConfig::new()
        .with_momentum(optimizer.momentum)
        .with_dampening(dampening)
        .with_nesterov(nesterov);
    match optimizer.kind {
        OptimizerKind::Sgd | OptimizerKind::Nesterov if optimizer.momentum != 0.0 => {
            let decay = WeightDecayConfig::new(optimizer.weight_decay as f32);
            SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(Some(decay)).init()
        }
        _ => optimizer.init(),
    }
}

fn adam(optimizer: Optimizer) -> ModuleOptimizer {
    let decay = WeightDecayConfig::new(optimizer.weight_decay as f32);
    AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(decay)).init()
}

/// Adam without its correction for moments that begin at zero.
#[derive(Clone)]
struct Uncorrected;

impl Rule for Uncorrected {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let [first, second] = match state {
            Some(state) => [state.moment_1, state.moment_2],
            None => [gradient.zeros_like(), gradient.zeros_like()],
        };
        let first = first.mul_scalar(0.9) + gradient.clone().mul_scalar(0.1);
        let second = second.mul_scalar(0.999) + gradient.square().mul_scalar(0.001);
        let delta = first.clone() / (second.clone().sqrt().add_scalar(1e-8));
        (tensor - delta.mul_scalar(rate), Some(AdaptiveMomentumState::new(1, first, second)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}

/// SGD with this momentum, whose velocity is lost after three steps.
#[derive(Clone)]
struct Forgetful(f64);

impl Rule for Forgetful {
    /// The velocity as both moments.
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let state = state.filter(|state| state.time < 3);
        let steps = state.as_ref().map_or(0, |state| state.time) + 1;
        let velocity = match state {
            Some(state) => state.moment_1.mul_scalar(self.0) + gradient,
            None => gradient,
        };
        let state = AdaptiveMomentumState::new(steps, velocity.clone(), velocity.clone());
        (tensor - velocity.mul_scalar(rate), Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
