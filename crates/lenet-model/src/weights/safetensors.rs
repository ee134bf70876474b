//! safetensors with PyTorch's names and layouts, ready for PyTorch's `load_state_dict`.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::prefix::{prefix, without};
use crate::numbers::{bfloat, half, numbers};
use crate::{Error, Metadata, Parameter, StateDict};

const FORMAT: &str = "safetensors";

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
    let bytes = safetensors::serialize(views, None).map_err(format_error)?;
    with_metadata(&bytes, state.metadata())
}

/// The file with a `__metadata__` entry at the start of its header. The crate would write the entries of a
/// `HashMap`, whose order is random; here equal weights make equal files.
fn with_metadata(file: &[u8], metadata: &Metadata) -> Result<Vec<u8>, Error> {
    let broken = || Error::Format { format: FORMAT, reason: "a header without its opening brace".to_owned() };
    let (length, rest) = file.split_first_chunk().ok_or_else(broken)?;
    let (header, data) = rest.split_at_checked(u64::from_le_bytes(*length) as usize).ok_or_else(broken)?;
    let tensors = header.trim_ascii_end().strip_prefix(b"{").ok_or_else(broken)?;

    let mut entries = metadata.entries();
    entries.insert("format", "pt".to_owned()); // Some PyTorch readers require this entry.
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
    let entries = serde_json::Value::Object(entries.collect());
    let mut header = [format!("{{\"__metadata__\":{entries},").as_bytes(), tensors].concat();
    header.resize(header.len().next_multiple_of(8), b' '); // The format aligns the data.
    Ok([&(header.len() as u64).to_le_bytes(), &*header, data].concat())
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<StateDict, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(format_error)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(format_error)?;
    let metadata = Metadata::from_entries(|key| header.metadata().as_ref()?.get(key))?;
    let prefix = prefix(file.iter().map(|(name, _)| name))?;
    let parameters = file.iter().map(|(name, view)| parameter(without(&prefix, name)?, &view));
    StateDict::new(parameters.collect::<Result<_, _>>()?)?.with_metadata(metadata)
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
