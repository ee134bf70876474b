//! The answer of `/v1/predict`.

use lenet_model::calibration::UNSURE_BELOW;
use lenet_model::{Classifier, Prediction};
use serde::Serialize;

/// The predictions for the images of a request, in their order.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    predictions: Vec<OfImage>,
}

#[derive(Debug, Serialize)]
struct OfImage {
    /// The most probable class.
    class: u8,
    /// Its name.
    name: String,
    probability: f32,
    unsure: bool,
    /// Of each class.
    probabilities: Vec<f32>,
}

impl Answer {
    pub(super) fn new(predictions: Vec<Prediction>, classifier: &Classifier) -> Self {
        let of_image = |prediction: Prediction| {
            let class = prediction.class();
            let probability = prediction.probabilities[usize::from(class)];
            OfImage {
                class,
                name: classifier.class_name(class),
                probability,
                unsure: f64::from(probability) < UNSURE_BELOW,
                probabilities: prediction.probabilities,
            }
        };
        Self { predictions: predictions.into_iter().map(of_image).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.predictions.len()
    }
}
