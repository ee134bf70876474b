//! [`Reading`]: every number between an image and an answer.

use lenet_model::Prediction;

use super::layers::{convolution, linear, max_pool, relu};
use super::network::Network;
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
        let [w1, b1, w2, b2, w3, b3, w4, b4, ..] = self.state().parameters() else {
            return Err(Error::Device("a network has ten parameters".to_owned()));
        };
        let c1_before = convolution(&input, [1, 32], w1, b1);
        let c1 = relu(&c1_before);
        let s2 = max_pool(&c1, 28);
        let c3_before = convolution(&s2, [6, 14], w2, b2);
        let c3 = relu(&c3_before);
        let s4 = max_pool(&c3, 10);
        let f5_before = linear(&s4, w3, b3);
        let f5 = relu(&f5_before);
        let f6_before = linear(&f5, w4, b4);
        let f6 = relu(&f6_before);
        let logits = self.classifier.logits(&input)?;
        let temperature = self.classifier.metadata().temperature.unwrap_or(1.0);
        let prediction = Prediction::at_temperature(&logits, temperature);
        let prediction = prediction.ok_or(lenet_model::Error::NotFinite { image: 0 })?;
        Ok(Reading {
            input,
            c1_before,
            c1,
            s2,
            c3_before,
            c3,
            s4,
            f5_before,
            f5,
            f6_before,
            f6,
            logits,
            digit: prediction.class(),
            probabilities: prediction.probabilities,
        })
    }
}
