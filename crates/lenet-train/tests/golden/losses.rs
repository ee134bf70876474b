//! Cross-entropy with smoothing and class weights, and its gradient.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use lenet_train::CrossEntropy;
use serde::Deserialize;

use crate::pytorch;

#[derive(Deserialize)]
struct Losses {
    logits: Vec<Vec<f32>>,
    labels: Vec<i64>,
    weight: Vec<f32>,
    cases: BTreeMap<String, Case>,
}

/// A loss, and its gradient with respect to the logits.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) loss: f64,
    pub(crate) gradient: Vec<Vec<f64>>,
}

/// Logits reach 11 here, so that their differences, the exponents, are off by up to 11 ε, and with them the
/// probabilities; some ten terms are added. 32 ε on numbers of that size is room for these and no more.
pub(crate) const BOUND: f64 = 32.0 * f32::EPSILON as f64;

#[test]
fn smoothing_and_class_weights_are_those_of_pytorch() {
    let Losses { logits, labels, weight, cases } = pytorch("losses");
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap().autodiff();
    let shape = [logits.len(), logits[0].len()];
    let size = logits.concat().into_iter().fold(1.0, |size: f32, logit| size.max(logit.abs()));
    assert_eq!(cases.len(), 4);
    for (name, Case { loss: expected, gradient }) in cases {
        let mut loss = CrossEntropy::new();
        if name.contains("label_smoothing=0.1") {
            loss = loss.smoothing(0.1).unwrap();
        }
        if name.contains("weight") {
            loss = loss.class_weights(weight.clone());
        }
        let data = TensorData::new(logits.concat(), shape);
        let tracked = Tensor::<2>::from_data(data, &device).require_grad();
        let value = loss.forward(tracked.clone(), Tensor::from_data(&labels[..], &device));
        let found = tracked.grad(&value.backward()).unwrap().into_data().try_into_vec::<f32>().unwrap();
        let off = (f64::from(value.into_scalar::<f32>()) - expected).abs();
        assert!(off <= BOUND * f64::from(size), "{name}: the loss is off by {off:e}");
        for (found, expected) in found.into_iter().zip(gradient.concat()) {
            let off = (f64::from(found) - expected).abs();
            assert!(off <= BOUND, "{name}: a gradient is {found}, not {expected}");
        }
    }
}
