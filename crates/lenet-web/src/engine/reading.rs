//! [`Reading`]: every number between an image and an answer.

use burn::tensor::Tensor;
use lenet_model::Prediction;

use super::network::{Network, numbers};
use crate::Error;

/// The output of every layer for one image, under its name in the tutorial's figure; maps are `[channel, row,
/// column]`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// The normalised image, `[32 × 32]`.
    pub input: Vec<f32>,
    /// C1 before its ReLU, `[6, 28, 28]`.
    pub c1_before: Vec<f32>,
    /// C1.
    pub c1: Vec<f32>,
    /// S2, `[6, 14, 14]`.
    pub s2: Vec<f32>,
    /// C3 before its ReLU, `[16, 10, 10]`.
    pub c3_before: Vec<f32>,
    /// C3.
    pub c3: Vec<f32>,
    /// S4, `[16, 5, 5]`.
    pub s4: Vec<f32>,
    /// F5 before its ReLU, `[120]`.
    pub f5_before: Vec<f32>,
    /// F5.
    pub f5: Vec<f32>,
    /// F6 before its ReLU, `[84]`.
    pub f6_before: Vec<f32>,
    /// F6.
    pub f6: Vec<f32>,
    /// OUTPUT, a logit for each class.
    pub logits: Vec<f32>,
    /// The softmax of the logits, divided by the stored temperature.
    pub probabilities: Vec<f32>,
    /// The most probable class.
    pub digit: u8,
}

impl Network {
    /// Reads an image, `[32 × 32]`, row-major, from 0 (background) to 255 (ink).
    ///
    /// # Errors
    /// [`Error::Argument`] if the image has another size, [`Error::Model`] if the logits are not finite.
    pub fn read(&self, image: &[u8]) -> Result<Reading, Error> {
        let input = self.normalised(image)?;
        let (net, x) = (self.classifier.net(), self.input(input.clone()).inner());
        let layers = net.activations(x.clone());
        let flat: Tensor<2> = layers.s4.clone().flatten(1, 3);
        let (c1_before, c3_before) = (net.conv1.forward(x), net.conv2.forward(layers.s2.clone()));
        let (f5_before, f6_before) = (net.fc1.forward(flat), net.fc2.forward(layers.f5.clone()));
        let logits = self.classifier.logits(&input)?;
        let temperature = self.classifier.metadata().temperature.unwrap_or(1.0);
        let prediction = Prediction::at_temperature(&logits, temperature);
        let prediction = prediction.ok_or(lenet_model::Error::NotFinite { image: 0 })?;
        Ok(Reading {
            input,
            c1_before: numbers(c1_before)?,
            c1: numbers(layers.c1)?,
            s2: numbers(layers.s2)?,
            c3_before: numbers(c3_before)?,
            c3: numbers(layers.c3)?,
            s4: numbers(layers.s4)?,
            f5_before: numbers(f5_before)?,
            f5: numbers(layers.f5)?,
            f6_before: numbers(f6_before)?,
            f6: numbers(layers.f6)?,
            logits,
            digit: prediction.class(),
            probabilities: prediction.probabilities,
        })
    }
}
