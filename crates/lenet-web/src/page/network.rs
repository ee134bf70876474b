//! The class `Network`.

use js_sys::{Array, Object};
use lenet_model::calibration::UNSURE_BELOW;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use super::values::{bytes, count, floats, object};
use crate::engine::{self, Reading};

/// A network and its weights.
#[wasm_bindgen]
pub struct Network(pub(super) engine::Network);

#[wasm_bindgen]
impl Network {
    /// The trained weights in the box.
    pub fn pretrained() -> Self {
        Self(engine::Network::pretrained())
    }

    /// Random initial weights.
    pub fn initial(seed: f64) -> Result<Self, JsError> {
        Ok(Self(engine::Network::initial(count("the seed", seed)?)))
    }

    /// The weights in the bytes of a file.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, JsError> {
        Ok(Self(engine::Network::from_bytes(name, bytes)?))
    }

    /// The bytes of a .safetensors file.
    #[wasm_bindgen(js_name = toSafetensors)]
    pub fn to_safetensors(&self) -> Result<Vec<u8>, JsError> {
        Ok(self.0.to_safetensors()?)
    }

    /// The names of the parameters.
    pub fn names(&self) -> Vec<String> {
        self.0.state().parameters().iter().map(|parameter| parameter.name.clone()).collect()
    }

    /// The shape of a parameter.
    pub fn shape(&self, name: &str) -> Result<Vec<u32>, JsError> {
        Ok(parameter(&self.0, name)?.shape.iter().map(|size| *size as u32).collect())
    }

    /// The numbers of a parameter.
    pub fn parameter(&self, name: &str) -> Result<Vec<f32>, JsError> {
        Ok(parameter(&self.0, name)?.values.clone())
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.0.state().classes()
    }

    /// The names of the classes.
    #[wasm_bindgen(js_name = classNames)]
    pub fn class_names(&self) -> Vec<String> {
        self.0.about().class_names
    }

    /// `{classes, classNames, unsureBelow, mean, std, temperature, parameters}`.
    pub fn about(&self) -> Object {
        let about = self.0.about();
        object([
            ("classes", about.classes.into()),
            ("classNames", about.class_names.into_iter().map(JsValue::from).collect::<Array>().into()),
            ("unsureBelow", UNSURE_BELOW.into()),
            ("mean", about.mean.into()),
            ("std", about.std.into()),
            ("temperature", about.temperature.into()),
            ("parameters", about.parameters.into()),
        ])
    }

    /// Every layer for one image.
    pub fn read(&self, image: &[u8]) -> Result<Object, JsError> {
        Ok(reading(&self.0.read(image)?))
    }

    /// The probabilities of the classes for one or more images.
    pub fn probabilities(&self, images: &[u8]) -> Result<Vec<f32>, JsError> {
        Ok(self.0.probabilities(images)?)
    }

    /// The gradient of a logit with respect to the ink.
    #[wasm_bindgen(js_name = inputGradient)]
    pub fn input_gradient(&self, image: &[u8], class: usize) -> Result<Vec<f32>, JsError> {
        Ok(self.0.input_gradient(image, class)?)
    }

    /// How much a logit falls if a square becomes background.
    pub fn occlusion(&self, image: &[u8], class: usize, side: usize) -> Result<Vec<f32>, JsError> {
        Ok(self.0.occlusion(image, class, side)?)
    }

    /// `{images, probabilities}` on the way to another answer.
    pub fn towards(&self, image: &[u8], class: usize, steps: usize) -> Result<Object, JsError> {
        let path = self.0.towards(image, class, steps)?;
        Ok(object([("images", bytes(&path.images)), ("probabilities", floats(&path.probabilities))]))
    }
}

/// A parameter of a network by its name.
pub(super) fn parameter<'a>(
    network: &'a engine::Network,
    name: &str,
) -> Result<&'a lenet_model::Parameter, JsError> {
    let found = network.state().parameters().iter().find(|parameter| parameter.name == name);
    found.ok_or_else(|| no_parameter(name))
}

pub(super) fn no_parameter(name: &str) -> JsError {
    JsError::new(&format!(
        "the network has no parameter `{name}`; they are called as in PyTorch: conv1.weight"
    ))
}

/// A reading as a plain object.
pub(super) fn reading(reading: &Reading) -> Object {
    object([
        ("input", floats(&reading.input)),
        ("c1Before", floats(&reading.c1_before)),
        ("c1", floats(&reading.c1)),
        ("s2", floats(&reading.s2)),
        ("c3Before", floats(&reading.c3_before)),
        ("c3", floats(&reading.c3)),
        ("s4", floats(&reading.s4)),
        ("f5Before", floats(&reading.f5_before)),
        ("f5", floats(&reading.f5)),
        ("f6Before", floats(&reading.f6_before)),
        ("f6", floats(&reading.f6)),
        ("logits", floats(&reading.logits)),
        ("probabilities", floats(&reading.probabilities)),
        ("digit", reading.digit.into()),
    ])
}
