//! Bugs in optimizers.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    AdaGradConfig, AdamConfig, AdamWConfig, AdaptiveMomentumState, LearningRate, ModuleOptimizer,
    Optimizer as Rule, RmsPropConfig, SgdConfig,
};
use burn::tensor::{Device, Tensor};
use lenet_train::{Optimizer, OptimizerKind};

use super::mutation::Mutation;
use crate::Rung;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "sgd-dampening",
        what: "Burn's default dampening of 0.1 instead of PyTorch's of 0",
        rung: Rung::OptimizerStep,
        apply: |operations| operations.optimizer = |optimizer| sgd(optimizer, 0.1, false),
    },
    Mutation {
        name: "nesterov-as-plain-momentum",
        what: "Nesterov's step is that of plain momentum",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Nesterov => sgd(optimizer, 0.0, false),
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "sgd-weight-decay-forgotten",
        what: "weight decay does nothing",
        rung: Rung::OptimizerStep,
        apply: |operations| operations.optimizer = |optimizer| optimizer.weight_decay(0.0).init(),
    },
    Mutation {
        name: "epsilon-default",
        what: "Burn's default ε of 1e-5 instead of PyTorch's of 1e-8, and of 1e-10 in Adagrad",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adam => AdamConfig::new().init(),
                OptimizerKind::Adamw => {
                    AdamWConfig::new().with_weight_decay(optimizer.weight_decay as f32).init()
                }
                OptimizerKind::Rmsprop => RmsPropConfig::new().with_momentum(0.0).init(),
                OptimizerKind::Adagrad => AdaGradConfig::new().init(),
                OptimizerKind::Sgd | OptimizerKind::Nesterov => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "adam-without-bias-correction",
        what: "the moments are not divided by 1 - β^t",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adam => ModuleOptimizer::from(MiscountingAdam(|_| usize::MAX)),
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "adamw-decay-in-gradient",
        what: "AdamW adds the weight decay to the gradient, as Adam does",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adamw => adam(optimizer),
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "adamw-decay-default",
        what: "Burn's default weight decay of 1e-4 instead of PyTorch's of 1e-2",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adamw => AdamWConfig::new().with_epsilon(1e-8).init(),
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "rmsprop-momentum-default",
        what: "Burn's default momentum of 0.9 instead of PyTorch's of 0",
        rung: Rung::OptimizerStep,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Rmsprop => RmsPropConfig::new().with_epsilon(1e-8).init(),
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "momentum-forgotten-after-three-steps",
        what: "the optimizer's state is lost when the fourth step begins",
        rung: Rung::Trajectories,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Sgd if optimizer.momentum != 0.0 && optimizer.weight_decay == 0.0 => {
                    ModuleOptimizer::from(Forgetful(optimizer.momentum))
                }
                _ => optimizer.init(),
            }
        },
    },
    Mutation {
        name: "adam-step-count-overflows",
        what: "Adam counts its steps in 5 bits: after the 31st comes the 0th",
        rung: Rung::Learning,
        apply: |operations| {
            operations.optimizer = |optimizer| match optimizer.kind {
                OptimizerKind::Adam if optimizer.weight_decay == 0.0 => {
                    ModuleOptimizer::from(MiscountingAdam(|time| time % 32))
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

/// Adam with a wrong step count in its bias correction: the function maps the number of steps to the count
/// that is used. A very large count disables the correction.
#[derive(Clone)]
struct MiscountingAdam(fn(usize) -> usize);

impl Rule for MiscountingAdam {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (steps, [first, second]) = match state {
            Some(state) => (state.time + 1, [state.moment_1, state.moment_2]),
            None => (1, [gradient.zeros_like(), gradient.zeros_like()]),
        };
        let first = first.mul_scalar(0.9) + gradient.clone().mul_scalar(0.1);
        let second = second.mul_scalar(0.999) + gradient.square().mul_scalar(0.001);
        let correction = |beta: f64| 1.0 - beta.powf(self.0(steps) as f64);
        let root = second.clone().div_scalar(correction(0.999)).sqrt();
        let delta = first.clone().div_scalar(correction(0.9)) / root.add_scalar(1e-8);
        (tensor - delta.mul_scalar(rate), Some(AdaptiveMomentumState::new(steps, first, second)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}

/// SGD with this momentum, which resets its velocity after every three steps.
#[derive(Clone)]
struct Forgetful(f64);

impl Rule for Forgetful {
    /// Both moments hold the velocity.
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
