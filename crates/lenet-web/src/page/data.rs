//! The class `Digits`, and the functions that make images.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use super::values::{bytes, count, object};
use crate::engine;

/// `{image, label}`: a synthetic digit.
#[wasm_bindgen]
pub fn sample(seed: f64, index: f64) -> Result<Object, JsError> {
    let (image, label) = engine::sample(count("the seed", seed)?, count("the index", index)?);
    Ok(object([("image", bytes(&image)), ("label", label.into())]))
}

/// `{image, box}` of a drawing on a clean canvas, or null.
#[wasm_bindgen(js_name = frameStrokes)]
pub fn frame_strokes(ink: &[u8], width: usize, height: usize) -> Result<JsValue, JsError> {
    let Some(framed) = engine::frame_strokes(ink, width, height)? else { return Ok(JsValue::NULL) };
    let bounds = framed.bounds.into_iter().map(JsValue::from).collect::<Array>();
    Ok(object([("image", bytes(&framed.image)), ("box", bounds.into())]).into())
}

/// `{image}`: the digit in a photo, given as RGBA.
#[wasm_bindgen(js_name = frameRgba)]
pub fn frame_rgba(rgba: &[u8], width: u32, height: u32) -> Result<Object, JsError> {
    framed(rgba, width, height, 4)
}

/// `{image}`: the digit in a photo, given as brightness.
#[wasm_bindgen(js_name = frameGrey)]
pub fn frame_grey(grey: &[u8], width: u32, height: u32) -> Result<Object, JsError> {
    framed(grey, width, height, 1)
}

fn framed(pixels: &[u8], width: u32, height: u32, channels: u64) -> Result<Object, JsError> {
    let expected = channels * u64::from(width) * u64::from(height);
    if pixels.len() as u64 != expected {
        let found = pixels.len();
        return Err(JsError::new(&format!(
            "{found} bytes of a picture of {width}×{height}, expected {expected}"
        )));
    }
    let image = engine::frame_pixels(pixels, width, height)?;
    Ok(object([("image", bytes(&image))]))
}

/// Labelled images.
#[wasm_bindgen]
pub struct Digits(pub(super) engine::Digits);

#[wasm_bindgen]
impl Digits {
    /// Synthetic digits.
    pub fn synthetic(seed: f64, first: f64, number: f64) -> Result<Self, JsError> {
        let (seed, first) = (count("the seed", seed)?, count("the first index", first)?);
        Ok(Self(engine::Digits::synthetic(seed, first, count("the number of digits", number)?)?))
    }

    /// MNIST's files.
    #[wasm_bindgen(js_name = fromIdx)]
    pub fn from_idx(images: &[u8], labels: &[u8]) -> Result<Self, JsError> {
        Ok(Self(engine::Digits::from_idx(images, labels)?))
    }

    /// The user's own images.
    #[wasm_bindgen(js_name = fromImages)]
    pub fn from_images(images: &[u8], labels: &[u8]) -> Result<Self, JsError> {
        Ok(Self(engine::Digits::from_images(images, labels)?))
    }

    /// The number of images.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// The pixels of an image.
    pub fn image(&self, index: usize) -> Result<Vec<u8>, JsError> {
        Ok(self.0.get(index)?.0.to_vec())
    }

    /// The label of an image.
    pub fn label(&self, index: usize) -> Result<u8, JsError> {
        Ok(self.0.get(index)?.1)
    }

    /// Removes the images from an index on, and returns them.
    #[wasm_bindgen(js_name = splitOff)]
    pub fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }
}
