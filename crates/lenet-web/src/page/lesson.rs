//! The class `Lesson`.

use js_sys::Object;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use super::network::{Network, reading};
use super::values::{count, floats, object, object_of};
use crate::engine;

/// A step of training, one part at a time.
#[wasm_bindgen]
pub struct Lesson(engine::Lesson);

#[wasm_bindgen]
impl Lesson {
    /// Defines the network.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: f64) -> Result<Self, JsError> {
        Ok(Self(engine::Lesson::new(count("the seed", seed)?)))
    }

    /// The network as it is now.
    pub fn network(&self) -> Network {
        Network(self.0.network().clone())
    }

    /// The forward pass.
    pub fn forward(&mut self, image: &[u8]) -> Result<Object, JsError> {
        Ok(reading(&self.0.forward(image)?))
    }

    /// The loss.
    pub fn loss(&mut self, label: u8, kind: &str) -> Result<f64, JsError> {
        Ok(self.0.loss(label, engine::loss(kind)?)?)
    }

    /// The gradients by name.
    pub fn backward(&mut self) -> Result<Object, JsError> {
        let gradients = self.0.backward()?;
        Ok(object_of(gradients.iter().map(|(name, gradient)| (name.as_str(), floats(gradient)))))
    }

    /// `{lossBefore, lossAfter}` of a step of SGD.
    #[wasm_bindgen(js_name = update)]
    pub fn update(&mut self, learning_rate: f64) -> Result<Object, JsError> {
        let update = self.0.update(learning_rate)?;
        Ok(object([("lossBefore", update.loss_before.into()), ("lossAfter", update.loss_after.into())]))
    }
}
