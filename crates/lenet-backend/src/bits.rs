//! Which kernels compute, and how to get the same bits on every machine.

use crate::Error;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use crate::kernels::Isa;

/// Lets the fused operations and the optimizers of this process compute with the portable kernels, which give the
/// same bits on every processor and in a browser, and are slower. Call it before the first
/// operation: the choice is made once. Returns whether the portable kernels are used.
///
/// Burn's own operations are not affected.
pub fn use_portable_kernels() -> bool {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return Isa::choose_portable();
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    false
}

/// Lets the fused operations and the optimizers of this process compute with the kernels `name`: `avx512`, `avx2`, `neon`,
/// `simd128`, `portable-avx2` (the bits of the portable kernels in AVX2) or `portable`. Call it before the first
/// operation: the choice is made once.
///
/// # Errors
/// [`Error::Kernels`] if this processor has no such kernels, or others have computed before.
pub fn use_kernels(name: &str) -> Result<(), Error> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    let problem = match Isa::choose(name) {
        Some(isa) if isa.name() == name => return Ok(()),
        Some(isa) => format!("this process computes with {} already", isa.name()),
        None => {
            let names: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
            format!("this processor has {}", names.join(", "))
        }
    };
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    let problem = "this build has none".to_owned();
    Err(Error::Kernels { name: name.to_owned(), problem })
}

/// The instruction set of the kernels of this process: `AVX-512`, `AVX2+FMA`, `NEON`, `simd128` or `portable`.
pub fn kernels() -> String {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return Isa::best().to_string();
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    String::from("portable")
}
