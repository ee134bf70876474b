//! Adaptive optimizers make PyTorch's steps of PyTorch's gradients.
//!
//! A whole training is no test of them: they divide a gradient by its own size, so that where it is nearly
//! zero its rounding decides the step, and after one such step the gradients of all others differ. (How far
//! trainings part is in `trajectories.rs`.) Here the gradients are given, those of PyTorch's trajectory in
//! f64, rounded to f32. Then every number of every step has a bound: that of the formula in PyTorch's
//! documentation, evaluated with the running error of f32 arithmetic, wherever the gradient is.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use lenet_train::{Optimizer, OptimizerKind};

use crate::rounded::Rounded;
use crate::trajectories::{Golden, adaptive};

/// The steps after which the file has the parameters.
const STEPS: [usize; 2] = [1, 5];

/// The parameters in the file, one after the other.
struct Numbers {
    initial: Vec<f32>,
    /// Before each step.
    gradients: Vec<Vec<f32>>,
    /// After each of [`STEPS`].
    expected: Vec<Vec<f64>>,
}

impl Numbers {
    fn read(golden: &Golden, case: &str) -> Self {
        let initial = golden.initial();
        let names = || initial.parameters().iter().map(|parameter| &parameter.name);
        let all = |kind: &str| -> Vec<f64> {
            names().flat_map(|name| golden.values(&format!("{case}.{kind}.{name}")).to_vec()).collect()
        };
        let f32s = |numbers: Vec<f64>| numbers.into_iter().map(|x| x as f32).collect();
        let rows = |name: &String| golden.values(&format!("{case}.step1.{name}")).len();
        let initial =
            names().flat_map(|name| golden.values(&format!("initial.{name}"))[..rows(name)].to_vec());
        Self {
            initial: f32s(initial.collect()),
            gradients: (1..=5).map(|step| f32s(all(&format!("gradient{step}")))).collect(),
            expected: STEPS.map(|step| all(&format!("step{step}"))).into(),
        }
    }
}

#[derive(Module, Debug)]
struct Parameters {
    all: Param<Tensor<1>>,
}

/// The parameters after each step.
fn found(optimizer: Optimizer, rate: f64, numbers: &Numbers) -> Vec<Vec<f32>> {
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap();
    let initial = Tensor::from_floats(&numbers.initial[..], &device.clone().autodiff());
    let mut module = Parameters { all: Param::from_tensor(initial) };
    let mut optimizer = optimizer.init();
    let steps = numbers.gradients.iter().map(|gradient| {
        let mut gradients = GradientsParams::new();
        gradients.register(module.all.id, Tensor::<1>::from_floats(&gradient[..], &device));
        module = optimizer.step(rate, module.clone(), gradients);
        module.all.val().inner().into_data().try_into_vec().unwrap()
    });
    steps.collect()
}

/// One parameter after each step, by the formulas of PyTorch's documentation.
fn expected(how: Optimizer, rate: f64, initial: f32, gradients: &[f32]) -> Vec<Rounded> {
    let mut p = Rounded::exact(f64::from(initial));
    let [mut first, mut second, mut buffer] = [Rounded::default(); 3];
    let steps = (1..).zip(gradients).map(|(step, gradient)| {
        let g = Rounded::new(f64::from(*gradient), 0.0);
        let direction = match how.kind {
            OptimizerKind::Adam | OptimizerKind::Adamw => {
                let [c1, c2] = how.betas.map(|beta| 1.0 - beta.powi(step));
                first = first.times(how.betas[0]) + g.times(1.0 - how.betas[0]);
                second = second.times(how.betas[1]) + (g * g).times(1.0 - how.betas[1]);
                // m̂ / (√v̂ + ε), both sides multiplied by √c2.
                first.times(c2.sqrt() / c1) / (second.sqrt() + Rounded::new(1e-8 * c2.sqrt(), 0.0))
            }
            OptimizerKind::Rmsprop => {
                second = second.times(how.alpha) + (g * g).times(1.0 - how.alpha);
                first = first.times(how.alpha) + g.times(1.0 - how.alpha);
                let variance = if how.centered { second - first * first } else { second };
                let direction = g / (variance.sqrt() + Rounded::new(1e-8, 0.0));
                buffer = buffer.times(how.momentum) + direction;
                if how.momentum == 0.0 { direction } else { buffer }
            }
            OptimizerKind::Adagrad => {
                second = second + g * g;
                g / (second.sqrt() + Rounded::new(1e-10, 0.0))
            }
            kind => panic!("{kind} is not adaptive"),
        };
        if how.kind == OptimizerKind::Adamw {
            p = p.times(1.0 - rate * how.weight_decay);
        }
        p = p - direction.times(rate);
        p
    });
    steps.collect()
}

/// The largest share of its bound that a number is off after any of [`STEPS`], and by how much one is off at
/// most.
fn worst(golden: &Golden, case: &str, how: Optimizer, tried: Optimizer, rate: f64) -> [f64; 2] {
    let numbers = Numbers::read(golden, case);
    let found = found(tried, rate, &numbers);
    let (mut share, mut off): (f64, f64) = (0.0, 0.0);
    for (at, initial) in numbers.initial.iter().enumerate() {
        let gradients: Vec<f32> = numbers.gradients.iter().map(|gradients| gradients[at]).collect();
        let bounds = expected(how, rate, *initial, &gradients);
        for (step, pytorch) in STEPS.iter().zip(&numbers.expected) {
            let difference = (f64::from(found[step - 1][at]) - pytorch[at]).abs();
            off = off.max(difference);
            share = share.max(difference / bounds[step - 1].error);
        }
    }
    [share, off]
}

#[test]
fn every_number_is_within_the_rounding_of_the_formula() {
    let golden = Golden::read();
    for (case, optimizer, rate) in adaptive() {
        let [share, off] = worst(&golden, case, optimizer, optimizer, rate);
        println!("{case}: off by {off:.1e} at most, {share:.2} of its bound");
        assert!(share <= 1.0, "{case}: {share} of the bound");
    }
}

#[test]
fn another_rule_or_other_constants_are_outside() {
    let golden = Golden::read();
    for (case, optimizer, rate) in adaptive() {
        let beside = match optimizer.kind {
            OptimizerKind::Adagrad => Optimizer::new(OptimizerKind::Rmsprop).alpha(0.5),
            _ => optimizer.alpha(0.9901).betas([0.9, 0.9989]),
        };
        let [share, _] = worst(&golden, case, optimizer, beside, rate);
        assert!(share > 1.0, "{case} does not notice: {share} of the bound");
    }
}
