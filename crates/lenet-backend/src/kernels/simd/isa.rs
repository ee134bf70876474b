//! The choice of an instruction set at run time.

use super::Kernel;
use std::sync::OnceLock;

#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use super::portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};

static BEST: OnceLock<Isa> = OnceLock::new();

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    /// The bits of the portable kernels in less time.
    #[cfg(target_arch = "x86_64")]
    PortableAvx2,
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
}

/// What computes the bits of the portable kernels: with simd128, which every processor that runs the module has,
/// there are no others.
const PORTABLE: Isa = Isa(
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Kind::Simd128,
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Kind::Portable,
);

/// An instruction set that this processor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Isa(Kind);

impl Isa {
    /// The fastest instruction set of this processor, unless [`choose_portable`](Self::choose_portable) came first.
    pub fn best() -> Self {
        *BEST.get_or_init(|| Self::available()[0])
    }

    /// Makes [`best`](Self::best) the fastest kernels with the bits of the portable ones; false if the first call has
    /// returned others.
    pub(crate) fn choose_portable() -> bool {
        let portable = || Self::available().into_iter().find(|isa| isa.is_portable());
        BEST.get_or_init(|| portable().unwrap_or(PORTABLE)).is_portable()
    }

    /// Makes [`best`](Self::best) the kernels `name`; returns those in use: other ones if a call came first.
    pub(crate) fn choose(name: &str) -> Option<Self> {
        let isa = Self::available().into_iter().find(|isa| isa.name() == name)?;
        Some(*BEST.get_or_init(|| isa))
    }

    /// The name in commands.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "neon",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => "simd128",
            #[cfg(target_arch = "x86_64")]
            Kind::PortableAvx2 => "portable-avx2",
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kind::Portable => "portable",
        }
    }

    /// Whether this computes the bits of the portable kernels, and so must not use the system's `exp` and `ln`.
    pub(crate) fn is_portable(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if self.0 == Kind::PortableAvx2 {
            return true;
        }
        self == PORTABLE
    }

    /// All instruction sets of this processor, the fastest first; the last one is always the portable one.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                found.push(Self(Kind::Avx512));
            }
            if avx2 {
                found.push(Self(Kind::Avx2));
                found.push(Self(Kind::PortableAvx2));
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            found.push(Self(Kind::Neon));
        }
        found.push(PORTABLE);
        found
    }

    /// The instruction set of the same processor that wastes fewest lanes on rows of `width` numbers.
    pub(crate) fn for_width(self, width: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        if self.0 == Kind::Avx512 && width <= 8 {
            return Self(Kind::Avx2);
        }
        let _ = width;
        self
    }

    /// Runs a kernel compiled for this instruction set.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a value of this kind exists only where `available` has detected the features.
            Kind::Avx512 => unsafe { avx512::run(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::Avx2 => unsafe { avx2::run(kernel) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Kind::Neon => unsafe { neon::run(kernel) },
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => simd128::run(kernel),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kind::PortableAvx2 => unsafe { avx2::run_in_portable_order(kernel) },
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kind::Portable => portable::run(kernel),
        }
    }
}

impl std::fmt::Display for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "AVX2+FMA",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "NEON",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => "simd128",
            #[cfg(target_arch = "x86_64")]
            Kind::PortableAvx2 => "portable (in AVX2)",
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kind::Portable => "portable",
        })
    }
}
