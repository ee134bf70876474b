//! safetensors with PyTorch's names and layouts, ready for PyTorch's `load_state_dict`.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;

use super::numbers::{bfloat, half, numbers};
use super::prefix::{prefix, without};
use crate::{Error, Metadata, Parameter, StateDict};

const FORMAT: &str = "safetensors";
/// Number of bytes of the length before the header.
const LENGTH: usize = 8;

pub(super) fn to_bytes(state: &StateDict) -> Result<Vec<u8>, Error> {
    let bytes: Vec<Vec<u8>> = state
        .parameters()
        .iter()
        .map(|parameter| parameter.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (parameter, bytes) in state.parameters().iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes).map_err(format_error)?;
        views.push((parameter.name.as_str(), view));
    }
    // Some PyTorch readers require this entry.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(format_error)?;
    with_metadata(file, state.metadata())
}

/// Adds `metadata` to the entries of a file. `safetensors::serialize` writes several entries in a random order,
/// and equal weights must have equal bytes.
fn with_metadata(file: Vec<u8>, metadata: &Metadata) -> Result<Vec<u8>, Error> {
    let mut entries = metadata.entries().peekable();
    if entries.peek().is_none() {
        return Ok(file);
    }
    let json_error = |error: serde_json::Error| Error::Format { format: FORMAT, reason: error.to_string() };
    let (header, _) = SafeTensors::read_metadata(&file).map_err(format_error)?;
    let (header, numbers) = file[LENGTH..].split_at(header);
    let mut header: BTreeMap<String, Value> = serde_json::from_slice(header).map_err(json_error)?;
    for (key, value) in entries {
        header.entry("__metadata__".to_owned()).or_default()[key] = value.into();
    }
    let mut header = serde_json::to_vec(&header).map_err(json_error)?;
    header.resize(header.len().next_multiple_of(LENGTH), b' '); // The numbers are aligned to 8 bytes.
    let length = header.len() as u64;
    Ok([&length.to_le_bytes()[..], &header, numbers].concat())
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<StateDict, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(format_error)?;
    let prefix = prefix(file.iter().map(|(name, _)| name))?;
    let parameters = file.iter().map(|(name, view)| parameter(without(&prefix, name)?, &view));
    let state = StateDict::new(parameters.collect::<Result<_, _>>()?)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(format_error)?;
    let entries = header.metadata().as_ref();
    let metadata = Metadata::from_entries(|key| entries?.get(key).map(String::as_str))?;
    Ok(state.with_metadata(metadata))
}

fn parameter(name: &str, view: &TensorView<'_>) -> Result<Parameter, Error> {
    let values = match view.dtype() {
        Dtype::F32 => numbers(view.data(), f32::from_le_bytes),
        Dtype::F16 => numbers(view.data(), half),
        Dtype::BF16 => numbers(view.data(), bfloat),
        other => return Err(Error::Dtype { name: name.to_owned(), found: other.to_string() }),
    };
    Ok(Parameter { name: name.to_owned(), shape: view.shape().to_vec(), values })
}

fn format_error(error: safetensors::SafeTensorError) -> Error {
    Error::Format { format: FORMAT, reason: error.to_string() }
}
