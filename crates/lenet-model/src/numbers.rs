//! Converts the bytes of a tensor to f32. Burn's conversions, from every type to every other one, would be a tenth of the
//! page of lenet-web.

use burn::tensor::{DType, Tensor, TensorData, bf16, f16};

use crate::Error;

/// Copies a tensor of f32, f16 or bf16 to the host, without rounding, row-major. Waits for the device.
pub(crate) fn of_tensor<const D: usize>(name: &str, tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let data: TensorData = tensor.try_into_data().map_err(Error::device)?;
    match data.dtype() {
        DType::F32 => data.try_into_vec().map_err(Error::device),
        // In memory, and so in the machine's order of bytes.
        DType::F16 => Ok(numbers(data.as_bytes(), |bytes| f16::from_ne_bytes(bytes).to_f32())),
        DType::BF16 => Ok(numbers(data.as_bytes(), |bytes| bf16::from_ne_bytes(bytes).to_f32())),
        other => Err(Error::Dtype { name: name.to_owned(), found: format!("{other:?}") }),
    }
}

/// Converts every `N` bytes to a number with `to_f32`; remaining bytes are ignored.
pub(crate) fn numbers<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| to_f32(*bytes)).collect()
}

/// Converts a little-endian f16 number, without rounding.
pub(crate) fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// Converts a little-endian bfloat16 number, without rounding.
pub(crate) fn bfloat(bytes: [u8; 2]) -> f32 {
    bf16::from_le_bytes(bytes).to_f32()
}
