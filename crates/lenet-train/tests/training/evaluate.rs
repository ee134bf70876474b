//! Loss and accuracy over a set, with a classifier whose scores are known.

use std::cell::Cell;

use burn::tensor::{Tensor, TensorData};
use lenet_data::{DigitSet, Loader};
use lenet_train::{Error, Evaluation, Loss, evaluate_classifier};
use proptest::prelude::*;

use crate::device;

/// Digits with these labels.
fn digits(labels: &[u8], side: usize) -> DigitSet {
    DigitSet::new(vec![9; labels.len() * side * side], labels.to_vec(), side, side).unwrap()
}

/// Evaluates a classifier that gives sample `i` a score of 4 at `votes[i]` and 0 elsewhere.
fn evaluated(labels: &[u8], votes: &[usize], batch_size: usize, loss: Loss) -> Evaluation {
    let seen = Cell::new(0);
    let forward = |images: Tensor<4>| {
        let [batch, channels, height, width] = images.dims();
        assert_eq!([channels, height, width], [1, 32, 32]);
        let mut scores = vec![0.0_f32; batch * 10];
        for row in 0..batch {
            scores[row * 10 + votes[seen.get() + row]] = 4.0;
        }
        seen.set(seen.get() + batch);
        Tensor::from_data(TensorData::new(scores, [batch, 10]), &device())
    };
    let loader = Loader::new(digits(labels, 28), batch_size).unwrap();
    let evaluation = evaluate_classifier(&loader, &device(), loss, forward).unwrap();
    assert_eq!(seen.get(), labels.len());
    evaluation
}

/// What the loss of one sample of [`evaluated`] is, by hand: of 4 and nine times 0, against the label.
fn loss_of_one(loss: Loss, right: bool) -> f64 {
    match (loss, right) {
        (Loss::CrossEntropy, _) => (4.0_f64.exp() + 9.0).ln() - if right { 4.0 } else { 0.0 },
        (Loss::Mse, true) => 9.0 / 10.0,
        (Loss::Mse, false) => (16.0 + 1.0) / 10.0,
    }
}

/// Three of five right, in batches of two, two and one: a mean over batches would be another number.
#[test]
fn every_sample_counts_alike() {
    for loss in [Loss::CrossEntropy, Loss::Mse] {
        let found = evaluated(&[1, 2, 3, 4, 5], &[1, 2, 0, 4, 0], 2, loss);
        let expected = (3.0 * loss_of_one(loss, true) + 2.0 * loss_of_one(loss, false)) / 5.0;
        assert!((found.loss - expected).abs() <= 4.0 * f64::from(f32::EPSILON) * expected, "{found:?}");
        assert_eq!((found.accuracy, found.samples), (Some(0.6), 5));
    }
}

proptest! {
    #[test]
    fn the_size_of_the_batches_does_not_matter(
        samples in proptest::collection::vec((0..10_u8, 0..10_usize), 1..20),
        batch_size in 1..25_usize,
    ) {
        let (labels, votes): (Vec<u8>, Vec<usize>) = samples.into_iter().unzip();
        let whole = evaluated(&labels, &votes, labels.len(), Loss::CrossEntropy);
        let cut = evaluated(&labels, &votes, batch_size, Loss::CrossEntropy);
        prop_assert_eq!(cut.accuracy, whole.accuracy);
        prop_assert!((cut.loss - whole.loss).abs() <= 32.0 * f64::from(f32::EPSILON) * whole.loss);
        let right = labels.iter().zip(&votes).filter(|&(&label, &vote)| usize::from(label) == vote).count();
        prop_assert_eq!(whole.accuracy, Some(right as f64 / labels.len() as f64));
    }
}

#[test]
fn of_no_digits_loss_and_accuracy_are_nan() {
    let found = evaluated(&[], &[], 4, Loss::CrossEntropy);
    assert!(found.loss.is_nan() && found.accuracy.unwrap().is_nan());
    assert_eq!(found.samples, 0);
}

/// Of ten scores of NaN, some class would count as the highest, and be right for a tenth of the digits.
#[test]
fn outputs_of_nan_have_no_accuracy() {
    for loss in [Loss::CrossEntropy, Loss::Mse] {
        let loader = Loader::new(digits(&[0, 1, 2], 28), 2).unwrap();
        let nan = |images: Tensor<4>| Tensor::full([images.dims()[0], 10], f32::NAN, &device());
        let found = evaluate_classifier(&loader, &device(), loss, nan).unwrap();
        assert!(found.loss.is_nan() && found.accuracy.unwrap().is_nan(), "{found:?}");
    }
}

#[test]
fn digits_that_are_too_large_are_an_error() {
    let loader = Loader::new(digits(&[1], 40), 1).unwrap();
    let error = evaluate_classifier(&loader, &device(), Loss::Mse, |_| unreachable!()).unwrap_err();
    assert!(matches!(error, Error::Data(lenet_data::Error::Shape(_))));
}
