//! Burn's own format with Burn's layouts, as `Module::save_file` writes it and `Module::load_file` reads it.

use burn::tensor::{Bytes, DType};
use burn_pack::{Reader, Tensor, Writer};

use super::prefix::{prefix, without};
use crate::numbers::{bfloat, half, numbers};
use crate::{Error, Metadata, Parameter, StateDict};

const FORMAT: &str = "burnpack";

pub(super) fn to_bytes(state: &StateDict) -> Result<Vec<u8>, Error> {
    // Little-endian on every machine. Burn itself writes and reads its numbers in the machine's order.
    let tensors = state.parameters().iter().map(|parameter| {
        let (mut bytes, shape, dtype) = parameter.to_burn().into_parts();
        if cfg!(target_endian = "big") {
            bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|number| number.reverse());
        }
        Tensor::new(parameter.name.clone(), dtype, shape, None, bytes)
    });
    let writer = state
        .metadata()
        .entries()
        .into_iter()
        .fold(Writer::new(tensors.collect()), |writer, (key, value)| writer.with_metadata(key, &value));
    Ok(writer.into_bytes().map_err(format_error)?.to_vec())
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<StateDict, Error> {
    let reader = Reader::from_bytes(Bytes::from_bytes_vec(bytes.to_vec())).map_err(format_error)?;
    let metadata = Metadata::from_entries(|key| reader.metadata().get(key))?;
    let tensors = reader.into_tensors().map_err(format_error)?;
    let prefix = prefix(tensors.iter().map(|tensor| tensor.name.as_str()))?;
    let parameters = tensors.into_iter().map(|tensor| parameter(&prefix, tensor));
    StateDict::new(parameters.collect::<Result<_, _>>()?)?.with_metadata(metadata)
}

fn parameter(prefix: &str, tensor: Tensor) -> Result<Parameter, Error> {
    let name = without(prefix, &tensor.name)?.to_owned();
    let (_, dtype, shape, _, bytes) = tensor.into_parts().map_err(format_error)?;
    let values = match dtype {
        DType::F32 => numbers(&bytes, f32::from_le_bytes),
        DType::F16 => numbers(&bytes, half),
        DType::BF16 => numbers(&bytes, bfloat),
        other => return Err(Error::Dtype { name, found: format!("{other:?}") }),
    };
    Ok(Parameter::from_burn(name, &shape.to_vec(), values))
}

fn format_error(error: burn_pack::Error) -> Error {
    Error::Format { format: FORMAT, reason: error.to_string() }
}
