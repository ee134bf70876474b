//! Rust's values as JavaScript's.

use js_sys::{Float32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsError, JsValue};

/// A plain object with these fields.
pub(super) fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Object {
    object_of(fields)
}

/// A plain object with these fields.
pub(super) fn object_of<'a>(fields: impl IntoIterator<Item = (&'a str, JsValue)>) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a new plain object does not fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}

pub(super) fn floats(numbers: &[f32]) -> JsValue {
    Float32Array::from(numbers).into()
}

pub(super) fn bytes(numbers: &[u8]) -> JsValue {
    Uint8Array::from(numbers).into()
}

/// A count that JavaScript has as a number.
pub(super) fn count(name: &str, number: f64) -> Result<u64, JsError> {
    const MOST: f64 = 9_007_199_254_740_992.0; // 2⁵³
    if number.fract() == 0.0 && (0.0..=MOST).contains(&number) {
        return Ok(number as u64);
    }
    Err(JsError::new(&format!("{name} is {number}, expected a whole number from 0 to 2^53")))
}
