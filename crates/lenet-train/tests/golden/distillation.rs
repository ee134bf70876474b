//! The distance to a teacher, and its gradient.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use lenet_train::Distillation;
use serde::Deserialize;

use crate::losses::{BOUND, Case};
use crate::pytorch;

#[derive(Deserialize)]
struct Cases {
    logits: Vec<Vec<f32>>,
    teacher: Vec<Vec<f32>>,
    cases: BTreeMap<String, Case>,
}

#[test]
fn the_distance_to_a_teacher_is_pytorchs_divergence_times_the_square_of_the_temperature() {
    let Cases { logits, teacher, cases } = pytorch("distillation");
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap();
    let shape = [logits.len(), logits[0].len()];
    let size = logits.iter().chain(&teacher).flatten().fold(1.0, |size: f32, logit| size.max(logit.abs()));
    assert_eq!(cases.len(), 4);
    for (temperature, Case { loss: expected, gradient }) in cases {
        let temperature: f32 = temperature.parse().unwrap();
        let tracked =
            Tensor::<2>::from_data(TensorData::new(logits.concat(), shape), &device.clone().autodiff());
        let tracked = tracked.require_grad();
        let teacher = Tensor::<2>::from_data(TensorData::new(teacher.concat(), shape), &device);
        let loss = Distillation::new(temperature).unwrap().forward(tracked.clone(), teacher);
        let found = tracked.grad(&loss.backward()).unwrap().into_data().try_into_vec::<f32>().unwrap();
        let loss = f64::from(loss.into_scalar::<f32>());
        // Logits and their logarithms are divided by the temperature, the loss is multiplied by its square.
        let scale = f64::from(temperature.max(1.0)) * f64::from(size);
        assert!((loss - expected).abs() <= BOUND * scale, "at {temperature}: {loss}, not {expected}");
        for (found, expected) in found.into_iter().zip(gradient.concat()) {
            let off = (f64::from(found) - expected).abs();
            assert!(off <= BOUND * scale, "at {temperature}: a gradient is {found}, not {expected}");
        }
    }
}

#[test]
fn a_temperature_that_is_not_above_0_is_an_error() {
    for temperature in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let error = Distillation::new(temperature).unwrap_err().to_string();
        assert_eq!(error, format!("Distillation::new is {temperature}, expected a number above 0"));
    }
}
