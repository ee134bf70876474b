//! Cases of every optimizer with given gradients, so that an error is not one of the network.

use std::rc::Rc;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_model::{LeNet, StateDict};
use lenet_train::{Gradients, Optimizer, OptimizerKind};

use super::selection::Ladder;
use crate::memo::Memo;
use crate::network::{self, Named};
use crate::training_case::to_oracle;
use crate::{Array, Case, Error, Findings, Kind, Rung, Subject};
use lenet_oracle::{self as oracle, Precision, Rule, State};

/// Name, optimizer and learning rate.
pub(crate) type Setting = (&'static str, Optimizer, f64);

/// The optimizers in the settings that the ladder compares.
pub(crate) fn settings() -> Vec<Setting> {
    let (sgd, rmsprop) = (Optimizer::sgd(), Optimizer::new(OptimizerKind::Rmsprop));
    let adam = Optimizer::new(OptimizerKind::Adam);
    vec![
        ("sgd", sgd, 0.01),
        ("sgd-momentum", sgd.momentum(0.9), 0.01),
        ("sgd-momentum-decay", sgd.momentum(0.9).weight_decay(5e-4), 0.01),
        ("nesterov", Optimizer::new(OptimizerKind::Nesterov), 0.01),
        ("adam", adam, 1e-3),
        ("adam-decay", adam.weight_decay(1e-2), 1e-3),
        ("adamw", Optimizer::new(OptimizerKind::Adamw), 1e-3),
        ("rmsprop", rmsprop, 1e-3),
        ("rmsprop-centered", rmsprop.momentum(0.9).centered(), 1e-3),
        ("adagrad", Optimizer::new(OptimizerKind::Adagrad), 1e-2),
    ]
}

/// Converts the optimizer to the oracle's.
pub(crate) fn to_oracle_optimizer(optimizer: Optimizer) -> oracle::Optimizer {
    let Optimizer { kind, momentum, weight_decay, betas, alpha, centered, .. } = optimizer;
    let rule = match kind {
        OptimizerKind::Sgd => Rule::Sgd { momentum, nesterov: false },
        OptimizerKind::Nesterov => Rule::Sgd { momentum, nesterov: true },
        OptimizerKind::Adam => Rule::Adam { betas, epsilon: 1e-8, decoupled: false },
        OptimizerKind::Adamw => Rule::Adam { betas, epsilon: 1e-8, decoupled: true },
        OptimizerKind::Rmsprop => Rule::Rmsprop { alpha, epsilon: 1e-8, momentum, centered },
        OptimizerKind::Adagrad => Rule::Adagrad { epsilon: 1e-10 },
    };
    oracle::Optimizer::new(rule).with_weight_decay(weight_decay)
}

/// Builds a case for every optimizer.
pub(super) fn cases(ladder: &Ladder) -> Vec<Case> {
    let steps = if ladder.quick { 2 } else { 4 };
    let given = Rc::new(StepInputs::new(ladder.seed, steps));
    let case = |(name, optimizer, rate): Setting| {
        let (given, memo) = (Rc::clone(&given), Memo::new());
        Case::new(Rung::OptimizerStep, name, move |subject, findings| {
            let precision = subject.precision();
            let expected =
                memo.get(precision, || given.expected(&to_oracle_optimizer(optimizer), rate, &precision));
            given.compare(subject, findings, (optimizer, rate), (*expected).as_ref())
        })
    };
    settings().into_iter().map(case).collect()
}

/// Initial weights and the gradients of a few steps, with PyTorch's names and layouts.
struct StepInputs {
    weights: StateDict,
    gradients: Vec<Vec<Named>>,
}

impl StepInputs {
    fn new(seed: u64, steps: usize) -> Self {
        let weights = StateDict::random(seed + 5);
        let step = |step: usize| {
            let parameters = weights.parameters().iter().enumerate();
            let gradient = |at: usize, shape: &[usize]| {
                gradient(shape, seed.wrapping_mul(1000) + (10 * step + at) as u64)
            };
            parameters
                .map(|(at, parameter)| (parameter.name.clone(), gradient(at, &parameter.shape)))
                .collect()
        };
        Self { gradients: (0..steps).map(step).collect(), weights }
    }

    /// The oracle's parameters after each step.
    fn expected(
        &self,
        optimizer: &oracle::Optimizer,
        rate: f64,
        precision: &Precision,
    ) -> Option<Vec<Vec<oracle::Tensor>>> {
        let mut parameters = to_oracle(&self.weights).ok()?.parameters().to_vec();
        let mut states = vec![State::default(); parameters.len()];
        let step = |gradients: &Vec<Named>| {
            for ((parameter, (_, gradient)), state) in parameters.iter_mut().zip(gradients).zip(&mut states) {
                *parameter = optimizer.step(rate, parameter, &gradient.to_oracle(), state, precision);
            }
            parameters.clone()
        };
        Some(self.gradients.iter().map(step).collect())
    }

    fn compare(
        &self,
        subject: &Subject,
        findings: &mut Findings,
        (optimizer, rate): (Optimizer, f64),
        expected: Option<&Vec<Vec<oracle::Tensor>>>,
    ) -> Result<(), Error> {
        let mut net = LeNet::with_state_dict(&self.weights, &subject.device);
        let mut optimizer = (subject.operations.optimizer)(optimizer);
        for (step, (gradients, expected)) in
            self.gradients.iter().zip(expected.into_iter().flatten()).enumerate()
        {
            net = optimizer.step(rate, net.clone(), gradients_to_device(gradients, &net, subject));
            for ((name, found), expected) in network::parameters(&net)?.into_iter().zip(expected) {
                findings.compare_array(&format!("step{}.{name}", step + 1), found, expected);
            }
        }
        Ok(())
    }
}

/// Gradients of magnitude 1e-2, 1e-5 and 1e-8 in turn; every seventh element is zero.
fn gradient(shape: &[usize], seed: u64) -> Array {
    let random = Kind::Random.array(shape, seed);
    let size = |at: usize| [1e-2, 1e-5, 1e-8][at % 3] * f64::from(u8::from(!at.is_multiple_of(7)));
    Array::from_fn(shape, |at| f64::from((random.values[at] * size(at)) as f32))
}

/// Uploads the gradients in the type that optimizers take.
fn gradients_to_device(gradients: &[Named], net: &LeNet, subject: &Subject) -> GradientsParams {
    let mut all = Gradients::new(GradientsParams::new(), lenet_train::parameters(net));
    for (name, array) in gradients {
        let array = array.clone().transposed();
        let numbers = Array { shape: vec![array.values.len()], values: array.values };
        let tensor: Tensor<1> = numbers.to_device(subject);
        all.set(name, tensor.inner());
    }
    all.into_params()
}
