//! The numbers of a tensor, from its bytes to f32.

use burn::tensor::{bf16, f16};

/// Every `N` bytes are a number that `to_f32` understands; bytes left over are none.
pub(super) fn numbers<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| to_f32(*bytes)).collect()
}

/// Half precision, little-endian: each of its numbers is one of f32.
pub(super) fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// bfloat16, little-endian: the upper half of an f32.
pub(super) fn bfloat(bytes: [u8; 2]) -> f32 {
    bf16::from_le_bytes(bytes).to_f32()
}
