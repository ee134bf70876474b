//! The bounds of the losses hold in f32, and their numbers are those of the formulas.

use lenet_oracle::{Precision, Tensor, cross_entropy, log_softmax, mse, one_hot};
use proptest::prelude::*;

use crate::arithmetic::Order;
use crate::random::Random;

struct Found {
    log_softmax: Vec<f32>,
    loss: f32,
    gradient: Vec<f32>,
}

/// Computes cross-entropy in f32 with Burn's operations, and backpropagates through each of them.
fn cross_entropy_f32(logits: &[f32], labels: &[usize], classes: usize, order: Order) -> Found {
    let sum = |x: &[f32]| order.sum(&x.iter().map(|x| (*x, 1.0)).collect::<Vec<_>>());
    let mut found = Found { log_softmax: Vec::new(), loss: 0.0, gradient: Vec::new() };
    let g = -(1.0 / labels.len() as f32);
    let mut own = Vec::new();
    for (row, label) in logits.chunks(classes).zip(labels) {
        let maximum = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponentials: Vec<f32> = row.iter().map(|x| (x - maximum).exp()).collect();
        let total = sum(&exponentials);
        let y: Vec<f32> = row.iter().map(|x| (x - maximum) - total.ln()).collect();
        own.push(y[*label]);
        found.log_softmax.extend(y);
        let at_total = -g * (1.0 / total);
        let gradient = exponentials.iter().map(|x| at_total * x).enumerate();
        found.gradient.extend(gradient.map(|(i, rest)| if i == *label { g + rest } else { rest }));
    }
    found.loss = -(sum(&own) / labels.len() as f32);
    found
}

fn holds(expected: &Tensor, found: &[f32]) {
    let comparison = expected.compare_f32(found);
    assert!(comparison.hard <= 1.0 && comparison.incomparable == 0, "{comparison:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cross_entropy_stays_within_its_hard_bounds(
        batch in 1_usize..9,
        classes in 1_usize..12,
        seed: u64,
        size in 0.01_f32..100.0,
    ) {
        let mut random = Random::new(seed);
        let logits: Vec<f32> = random.vec(batch * classes).iter().map(|x| x * size).collect();
        let labels: Vec<usize> = (0..batch).map(|_| random.below(classes)).collect();
        let expected = Tensor::from_f32(&[batch, classes], &logits);
        let result = cross_entropy(&expected, &labels, 0.0, &Precision::F32);
        for order in Order::ALL {
            let found = cross_entropy_f32(&logits, &labels, classes, order);
            holds(&log_softmax(&expected, &Precision::F32), &found.log_softmax);
            holds(&Tensor::scalar(result.loss), &[found.loss]);
            holds(&result.gradient, &found.gradient);
        }
    }

    #[test]
    fn mean_squared_error_stays_within_its_hard_bounds(batch in 1_usize..9, seed: u64) {
        let mut random = Random::new(seed);
        let [output, target] = [0, 1].map(|_| random.vec(batch * 10));
        let [o, t] = [&output, &target].map(|values| Tensor::from_f32(&[batch, 10], values));
        let result = mse(&o, &t, &Precision::F32);
        let differences: Vec<f32> = output.iter().zip(&target).map(|(o, t)| o - t).collect();
        let squares: Vec<(f32, f32)> = differences.iter().map(|d| (d * d, 1.0)).collect();
        let count = differences.len() as f32;
        for order in Order::ALL {
            holds(&Tensor::scalar(result.loss), &[order.sum(&squares) / count]);
            holds(&Tensor::scalar(result.loss), &[order.sum(&squares) * (1.0 / count)]);
        }
        holds(&result.gradient, &differences.iter().map(|d| d * 2.0 * (1.0 / count)).collect::<Vec<_>>());
        holds(&result.gradient, &differences.iter().map(|d| d * (2.0 / count)).collect::<Vec<_>>());
    }
}

#[test]
fn equal_logits_are_equally_likely() {
    let logits = Tensor::from_f32(&[1, 10], &[1000.0; 10]);
    let result = cross_entropy(&logits, &[3], 0.0, &Precision::F32);
    assert!((result.loss.value - 10.0_f64.ln()).abs() < 1e-12);
    assert!(
        (result.gradient.values[3] + 0.9).abs() < 1e-12 && (result.gradient.values[0] - 0.1).abs() < 1e-12
    );
}

#[test]
fn smoothing_mixes_the_loss_with_that_of_all_classes_alike() {
    let logits = Random::new(1).tensor(&[1, 4]);
    let loss = |smoothing| cross_entropy(&logits, &[2], smoothing, &Precision::EXACT).loss.value;
    let all = -log_softmax(&logits, &Precision::EXACT).values.iter().sum::<f64>() / 4.0;
    assert!((loss(0.3) - (0.7 * loss(0.0) + 0.3 * all)).abs() < 1e-15);
}

#[test]
fn one_hot_has_a_one_at_each_label() {
    assert_eq!(one_hot(&[1, 0], 3).values, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
}
