//! Which kernels compute, and how to get the same bits on every machine.

#[cfg(any(feature = "flex", feature = "ndarray"))]
use crate::kernels::Isa;

/// Lets the fused operations and the optimizers of this process compute with the portable kernels, which give the
/// same bits on every processor and in a browser, and are several times as slow. Call it before the first
/// operation: the choice is made once. Returns whether the portable kernels are used.
///
/// Burn's own operations are not affected.
pub fn use_portable_kernels() -> bool {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return Isa::choose_portable();
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    false
}

/// The instruction set of the kernels of this process: `AVX-512`, `AVX2+FMA`, `NEON`, `simd128` or `portable`.
pub fn kernels() -> String {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return Isa::best().to_string();
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    String::from("portable")
}
