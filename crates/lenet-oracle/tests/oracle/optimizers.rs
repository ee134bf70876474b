//! The bounds of the optimizers hold in f32, with Burn's operations in Burn's order.

use lenet_oracle::{Optimizer, Precision, Rule, State, Tensor};
use proptest::prelude::*;

use crate::random::Random;

const CENTERED: Rule = Rule::Rmsprop { alpha: 0.99, epsilon: 1e-8, momentum: 0.9, centered: true };

fn all() -> [Optimizer; 9] {
    let sgd = |momentum, nesterov| Optimizer::new(Rule::Sgd { momentum, nesterov });
    [
        Optimizer::SGD,
        sgd(0.9, false),
        sgd(0.9, true),
        sgd(0.9, true).with_weight_decay(5e-4),
        Optimizer::ADAM,
        Optimizer::ADAMW.with_weight_decay(0.1),
        Optimizer::RMSPROP,
        Optimizer::new(CENTERED),
        Optimizer::ADAGRAD,
    ]
}

/// `t` is the number of the step, from 1.
fn step_f32(optimizer: &Optimizer, rate: f32, p: f32, g: f32, t: i32, memory: &mut [f32; 3]) -> f32 {
    let decay = optimizer.weight_decay as f32;
    let decayed = if decay == 0.0 { g } else { g + p * decay };
    let mean = |average: f32, x: f32, beta: f32| {
        if t == 1 { x * (1.0 - beta) } else { average * beta + x * (1.0 - beta) }
    };
    let [a, b, c] = memory;
    match optimizer.rule {
        Rule::Sgd { momentum, nesterov } => {
            let momentum = momentum as f32;
            *a = if t == 1 { decayed } else { *a * momentum + decayed };
            p - rate * if nesterov { *a * momentum + decayed } else { *a }
        }
        Rule::Adam { betas, epsilon, decoupled } => {
            let ([beta_1, beta_2], epsilon) = (betas.map(|beta| beta as f32), epsilon as f32);
            let g = if decoupled { g } else { decayed };
            *a = mean(*a, g, beta_1);
            *b = mean(*b, g * g, beta_2);
            let root = (1.0 - beta_2.powi(t)).sqrt();
            let step = *a * (root / (1.0 - beta_1.powi(t))) / (b.sqrt() + epsilon * root);
            let kept = if decoupled { p * (1.0 - rate * decay) } else { p };
            kept - rate * step
        }
        Rule::Rmsprop { alpha, epsilon, momentum, centered } => {
            let [alpha, epsilon, momentum] = [alpha, epsilon, momentum].map(|setting| setting as f32);
            *a = mean(*a, decayed * decayed, alpha);
            *b = mean(*b, decayed, alpha);
            let variance = if centered { *a - *b * *b } else { *a };
            let step = decayed / (variance.sqrt() + epsilon);
            *c = if t == 1 { step } else { *c * momentum + step };
            p - rate * if momentum == 0.0 { step } else { *c }
        }
        Rule::Adagrad { epsilon } => {
            *a += decayed * decayed;
            p - rate * (decayed / (a.sqrt() + epsilon as f32))
        }
        other => panic!("no f32 step for {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The gradients of all sizes; f32 gets them with errors within their bounds.
    #[test]
    fn five_steps_stay_within_their_hard_bounds(seed: u64, exponent in -30..3_i32, error in 0.0..3.0_f64) {
        for optimizer in all() {
            let (mut random, mut state, mut memory) = (Random::new(seed), State::default(), [0.0; 3]);
            let mut found = random.unit();
            let mut expected = Tensor::from_f32(&[1], &[found]);
            for t in 1..=5 {
                let g = random.unit() * 2.0_f32.powi(exponent);
                let hard = error.powi(4) * f64::from(g).abs() * 1e-3;
                let gradient = Tensor { hard: vec![hard], ..Tensor::from_f32(&[1], &[g]) };
                expected = optimizer.step(1e-2, &expected, &gradient, &mut state, &Precision::F32);
                let off = (f64::from(g) + f64::from(random.unit()) * hard) as f32;
                let off = if (f64::from(off) - f64::from(g)).abs() <= hard { off } else { g };
                found = step_f32(&optimizer, 1e-2, found, off, t, &mut memory);
                let comparison = expected.compare_f32(&[found]);
                prop_assert!(comparison.hard <= 1.0, "{optimizer:?}, step {t}: {comparison:?}");
            }
        }
    }
}

/// The bound of a first step, as a share of the step, for a gradient that is exact and not small: settings
/// are off by u each, and 1 − β₂ = 0.001 by 6e-5 of itself, 1 − α = 0.01 by 6e-6.
#[test]
fn the_bound_of_a_step_is_a_small_part_of_the_step() {
    for optimizer in all() {
        let [parameter, gradient] = [0.0, 0.3].map(|value| Tensor::from_f32(&[1], &[value]));
        let stepped = optimizer.step(1e-2, &parameter, &gradient, &mut State::default(), &Precision::F32);
        let share = stepped.hard[0] / stepped.values[0].abs();
        let most = match optimizer.rule {
            Rule::Sgd { .. } | Rule::Adagrad { .. } => 1e-6,
            Rule::Adam { .. } => 1e-3,
            Rule::Rmsprop { .. } => 1e-4,
            other => panic!("no limit for {other:?}"),
        };
        assert!(share > 0.0 && share <= most, "{optimizer:?}: {share:e}");
    }
}

/// With a gradient of uncertain sign, Adam's first step is ± the learning rate. The bound is not larger than
/// that.
#[test]
fn a_gradient_of_unknown_sign_is_bounded_by_the_longest_step() {
    let gradient = Tensor { hard: vec![1.0], ..Tensor::from_f32(&[1], &[0.5]) };
    let parameter = Tensor::from_f32(&[1], &[1.0]);
    let stepped = Optimizer::ADAM.step(1e-3, &parameter, &gradient, &mut State::default(), &Precision::F32);
    assert!(stepped.hard[0] > 1.9e-3 && stepped.hard[0] < 2.1e-3, "{:e}", stepped.hard[0]);
}
