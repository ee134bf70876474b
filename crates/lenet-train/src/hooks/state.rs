//! Serialisation of the states of hooks.

use burn::tensor::{Bytes, Tensor, TensorData};
use burn_pack::{Reader, Writer};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Floats in `state` must be bits: formatting and parsing a float may change it.
pub(super) fn to_json<T: Serialize>(hook: &str, state: &T) -> Result<Option<Vec<u8>>, Error> {
    serde_json::to_vec(state).map(Some).map_err(|error| failed(hook, error))
}

pub(super) fn from_json<T: DeserializeOwned>(hook: &str, state: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(state).map_err(|error| failed(hook, error))
}

/// Packs named tensors. Waits for the device.
pub(super) fn from_tensors<'a>(
    hook: &str,
    tensors: impl Iterator<Item = (&'a str, Tensor<1>)>,
) -> Result<Vec<u8>, Error> {
    let mut packed = Vec::new();
    for (name, tensor) in tensors {
        let data = tensor.try_into_data().map_err(|error| Error::Device(error.to_string()))?;
        let (bytes, shape, dtype) = data.into_parts();
        packed.push(burn_pack::Tensor::new(name.to_owned(), dtype, shape, None, bytes));
    }
    let bytes = Writer::new(packed).into_bytes().map_err(|error| failed(hook, error))?;
    Ok(bytes.to_vec())
}

/// Unpacks the tensors of [`from_tensors`], on the host.
pub(super) fn to_tensors(hook: &str, state: &[u8]) -> Result<Vec<(String, TensorData)>, Error> {
    let failed = |error| failed(hook, error);
    let reader = Reader::from_bytes(Bytes::from_bytes_vec(state.to_vec())).map_err(failed)?;
    let mut tensors = Vec::new();
    for tensor in reader.into_tensors().map_err(failed)? {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(failed)?;
        tensors.push((name, TensorData::from_bytes(bytes, shape, dtype)));
    }
    Ok(tensors)
}

fn failed(hook: &str, error: impl ToString) -> Error {
    Error::HookState { hook: hook.to_owned(), reason: error.to_string() }
}
