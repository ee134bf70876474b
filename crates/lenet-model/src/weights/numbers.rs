//! Converts the bytes of a tensor to f32.

use burn::tensor::{bf16, f16};

/// Converts every `N` bytes to a number with `to_f32`; remaining bytes are ignored.
pub(super) fn numbers<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| to_f32(*bytes)).collect()
}

/// Converts a little-endian f16 number, without rounding.
pub(super) fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// Converts a little-endian bfloat16 number, without rounding.
pub(super) fn bfloat(bytes: [u8; 2]) -> f32 {
    bf16::from_le_bytes(bytes).to_f32()
}
