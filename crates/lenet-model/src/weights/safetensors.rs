//! safetensors with PyTorch's names and layouts: `torch.load_state_dict` takes it as it is.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::{Error, Parameter, StateDict};

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
    // Some of PyTorch's readers insist on this entry.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(format_error)
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<StateDict, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(format_error)?;
    let parameters = file.iter().map(|(name, view)| match view.dtype() {
        Dtype::F32 => Ok(Parameter {
            name: name.to_owned(),
            shape: view.shape().to_vec(),
            values: view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        }),
        other => Err(Error::Dtype { name: name.to_owned(), found: other.to_string() }),
    });
    StateDict::new(parameters.collect::<Result<_, _>>()?)
}

fn format_error(error: safetensors::SafeTensorError) -> Error {
    Error::Format { format: FORMAT, reason: error.to_string() }
}
