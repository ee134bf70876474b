//! Losses and their gradients against closed forms, computed here in f64.

use burn::tensor::{Tensor, TensorData};
use lenet_train::Loss;
use proptest::prelude::*;

use crate::device;

/// What a loss is of some scores, and its gradient with respect to each.
struct Found {
    loss: f64,
    gradient: Vec<f64>,
}

/// As the library computes it.
fn computed(loss: Loss, logits: &[Vec<f32>], labels: &[usize]) -> Found {
    let device = device().autodiff();
    let shape = [labels.len(), logits[0].len()];
    let logits = Tensor::<2>::from_data(TensorData::new(logits.concat(), shape), &device).require_grad();
    let labels: Vec<i64> = labels.iter().map(|&label| label as i64).collect();
    let value = loss.forward(logits.clone(), Tensor::from_data(TensorData::new(labels, [shape[0]]), &device));
    assert_eq!(value.dims(), [1]);
    let gradient = logits.grad(&value.backward()).unwrap().into_data().try_into_vec::<f32>().unwrap();
    Found { loss: value.into_scalar::<f32>().into(), gradient: gradient.into_iter().map(f64::from).collect() }
}

/// Mean of −log softmax(z)[label] over the batch; its gradient is (softmax(z) − one-hot) / batch.
fn cross_entropy(logits: &[Vec<f32>], labels: &[usize]) -> Found {
    let mut found = Found { loss: 0.0, gradient: Vec::new() };
    let batch = labels.len() as f64;
    for (scores, &label) in logits.iter().zip(labels) {
        let exp: Vec<f64> = scores.iter().map(|&z| f64::from(z - scores[label]).exp()).collect();
        let sum: f64 = exp.iter().sum();
        found.loss += sum.ln() / batch;
        let gradient = exp.iter().enumerate().map(|(k, e)| (e / sum - f64::from(k == label)) / batch);
        found.gradient.extend(gradient);
    }
    found
}

/// Mean of (z − one-hot)² over all elements; its gradient is 2 (z − one-hot) / elements.
fn mse(logits: &[Vec<f32>], labels: &[usize]) -> Found {
    let elements = logits.concat().len() as f64;
    let error = |(scores, &label): (&Vec<f32>, &usize)| -> Vec<f64> {
        scores.iter().enumerate().map(|(k, &z)| f64::from(z) - f64::from(k == label)).collect()
    };
    let errors: Vec<f64> = logits.iter().zip(labels).flat_map(error).collect();
    Found {
        loss: errors.iter().map(|error| error * error).sum::<f64>() / elements,
        gradient: errors.iter().map(|error| 2.0 * error / elements).collect(),
    }
}

/// Scores up to 8, and a label for each row of them.
fn scores() -> impl Strategy<Value = (Vec<Vec<f32>>, Vec<usize>)> {
    (1..6_usize, 2..11_usize).prop_flat_map(|(batch, classes)| {
        let row = proptest::collection::vec(-8.0..8.0_f32, classes);
        (proptest::collection::vec(row, batch), proptest::collection::vec(0..classes, batch))
    })
}

/// Not further apart than some roundings of f32 on numbers of `scale`: scores of 8 are the sums, and with
/// them the exponents, off by their own roundings; some ten terms are added; a few operations lead there and
/// back.
fn near(found: f64, expected: f64, scale: f64) -> bool {
    (found - expected).abs() <= 32.0 * f64::from(f32::EPSILON) * scale
}

proptest! {
    #[test]
    fn cross_entropy_and_its_gradient_are_their_closed_forms((logits, labels) in scores()) {
        let found = computed(Loss::CrossEntropy, &logits, &labels);
        let expected = cross_entropy(&logits, &labels);
        prop_assert!(near(found.loss, expected.loss, 1.0 + expected.loss), "{} {}", found.loss, expected.loss);
        for (found, expected) in found.gradient.iter().zip(expected.gradient) {
            prop_assert!(near(*found, expected, 1.0 / labels.len() as f64), "{found} {expected}");
        }
    }

    #[test]
    fn mean_squared_error_and_its_gradient_are_their_closed_forms((logits, labels) in scores()) {
        let found = computed(Loss::Mse, &logits, &labels);
        let expected = mse(&logits, &labels);
        prop_assert!(near(found.loss, expected.loss, expected.loss), "{} {}", found.loss, expected.loss);
        for (found, expected) in found.gradient.iter().zip(expected.gradient) {
            prop_assert!(near(*found, expected, expected.abs()), "{found} {expected}");
        }
    }
}

#[test]
fn ten_equal_scores_have_a_cross_entropy_of_ln_10() {
    let found = computed(Loss::CrossEntropy, &[vec![3.0; 10]], &[4]);
    assert!(near(found.loss, 10.0_f64.ln(), 1.0), "{}", found.loss);
}

/// (0.5 − 1)², 0.5² and 1² over the first row, 0, 0 and 2² over the second: 5.5 / 6.
#[test]
fn the_mean_of_squares_is_over_all_elements() {
    let found = computed(Loss::Mse, &[vec![0.5, 0.5, 1.0], vec![0.0, 1.0, 2.0]], &[0, 1]);
    assert!(near(found.loss, 5.5 / 6.0, 1.0), "{}", found.loss);
}

/// e¹⁰⁰⁰ is not a number of f32, and not of f64 either.
#[test]
fn large_scores_do_not_overflow() {
    let found = computed(Loss::CrossEntropy, &[vec![1000.0, 0.0, -1000.0]], &[1]);
    assert_eq!(found.loss, 1000.0);
    assert_eq!(found.gradient, [1.0, -1.0, 0.0]);
}
