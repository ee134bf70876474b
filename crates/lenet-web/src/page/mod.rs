//! What the page's JavaScript calls: the engine's items with JavaScript's names, and results as plain objects of
//! typed arrays.

mod data;
mod lesson;
mod network;
mod training;
mod values;

use lenet_backend::kernels;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine;

/// Runs when the module starts: a panic, which is a bug, says in the console what it was.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(message: &str);
}

/// The version of this crate.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The instructions of the kernels: `simd128` or `portable`.
#[wasm_bindgen]
pub fn simd() -> String {
    kernels()
}

/// Names and hashes of results that are the same everywhere, `name hash` each.
#[wasm_bindgen]
pub fn fingerprint() -> Result<Vec<String>, wasm_bindgen::JsError> {
    let lines = engine::fingerprint()?;
    Ok(lines.into_iter().map(|(name, hash)| format!("{hash}  {name}")).collect())
}
