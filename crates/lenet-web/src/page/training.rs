//! The class `Training`.

use std::time::Duration;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};

use super::data::Digits;
use super::network::{Network, no_parameter, parameter};
use super::values::{count, object};
use crate::engine::{self, TrainingOptions};

/// A training that stops after some milliseconds, and goes on.
#[wasm_bindgen]
pub struct Training(engine::Training);

#[wasm_bindgen]
impl Training {
    /// A training that starts from a network.
    #[wasm_bindgen(constructor)]
    pub fn new(
        network: &Network,
        train: &Digits,
        valid: &Digits,
        options: &JsValue,
    ) -> Result<Self, JsError> {
        Ok(Self(engine::Training::new(&network.0, &train.0, &valid.0, options_of(options)?)?))
    }

    /// A training that corrects mistakes.
    #[wasm_bindgen(js_name = fineTuning)]
    pub fn fine_tuning(network: &Network, images: &[u8], labels: &[u8], seed: f64) -> Result<Self, JsError> {
        let seed = count("the seed", seed)?;
        Ok(Self(engine::Training::fine_tuning(&network.0, images, labels, seed)?))
    }

    /// Trains until one limit is reached.
    pub fn advance(&mut self, steps: f64, milliseconds: f64) -> Result<Object, JsError> {
        let time = Duration::from_secs_f64((milliseconds / 1e3).clamp(0.0, 1e6));
        let done = self.0.advance(steps as u64, time)?;
        Ok(object([
            ("steps", (done.steps as f64).into()),
            ("loss", done.loss.into()),
            ("accuracy", done.accuracy.into()),
            ("milliseconds", (done.time.as_secs_f64() * 1e3).into()),
            ("imagesPerSecond", done.images_per_second.into()),
            ("step", (done.step as f64).into()),
            ("epoch", done.epoch.into()),
            ("seenImages", (done.images as f64).into()),
        ]))
    }

    /// `{accuracy, loss, images}` on the held-out images.
    pub fn validate(&self) -> Result<Object, JsError> {
        let found = self.0.validate()?;
        Ok(object([
            ("accuracy", found.accuracy.into()),
            ("loss", found.loss.into()),
            ("images", (found.images as f64).into()),
        ]))
    }

    /// The network as it is now.
    pub fn network(&self) -> Result<Network, JsError> {
        Ok(Network(self.0.network()?))
    }

    /// The numbers of a parameter as they are now.
    pub fn parameter(&self, name: &str) -> Result<Vec<f32>, JsError> {
        Ok(parameter(&self.0.network()?, name)?.values.clone())
    }

    /// The gradient of the next batch's loss with respect to a parameter.
    pub fn gradient(&mut self, name: &str) -> Result<Vec<f32>, JsError> {
        let mut gradients = self.0.gradients()?.into_iter();
        let found = gradients.find_map(|(found, gradient)| (found == name).then_some(gradient));
        found.ok_or_else(|| no_parameter(name))
    }
}

/// The options in a plain object; none if it is undefined or null.
fn options_of(object: &JsValue) -> Result<TrainingOptions, JsError> {
    let mut entries = Vec::new();
    if let Some(object) = object.dyn_ref::<Object>() {
        for name in Object::keys(object) {
            let value = Reflect::get(object, &name).unwrap_or(JsValue::UNDEFINED);
            if !value.is_undefined() {
                let value = value.as_string().or_else(|| value.as_f64().map(|number| number.to_string()));
                entries.push((name.as_string().unwrap_or_default(), value.unwrap_or_default()));
            }
        }
    }
    let entries = entries.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(TrainingOptions::from_entries(entries)?)
}
