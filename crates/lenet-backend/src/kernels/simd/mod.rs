//! Vectors of `f32` for every instruction set.
//!
//! A kernel is a value with one method generic over the vector type. [`Isa::run`] instantiates it inside a
//! function compiled for the instruction set, so that every kernel is written once:
//!
//! ```text
//!   Isa::Avx512.run(kernel) ──► #[target_feature(enable = "avx512f…")] ──► kernel.run::<F32x16>()
//!   Isa::Avx2.run(kernel)   ──► #[target_feature(enable = "avx2,fma")] ──► kernel.run::<F32x8>()
//!   Isa::Neon.run(kernel)   ──► #[target_feature(enable = "neon")]     ──► kernel.run::<F32x4>()
//!   Isa::Simd128.run(kernel) ──────────────────────────────────────────► kernel.run::<F32x8>()
//!   Isa::PortableAvx2.run(kernel) ─► #[target_feature(enable = "avx2")] ─► kernel.run::<F32x8>(), without FMA
//!   Isa::Portable.run(kernel) ─────────────────────────────────────────► kernel.run::<[f32; 8]>()
//! ```
//!
//! Every function between `run` and the intrinsics is `#[inline(always)]`: a function that is not inlined is
//! compiled without the instruction set.
//!
//! # Why the safe methods of [`Simd`] are sound
//! The intrinsics are undefined on a processor without them. The vector types are private to their modules,
//! generic code can name them only as the `V` that [`Isa::run`] hands it, and a value of [`Isa`] other than
//! `Portable` exists only where detection has found the instruction set ([`Isa::available`]). In WebAssembly a
//! module with instructions that the browser lacks does not start, so there the build decides.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod isa;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(feature = "planted-bugs")]
mod planted;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

pub(crate) use isa::Isa;
#[cfg(feature = "planted-bugs")]
pub use planted::{Bug, plant, was_reached};

/// A computation written over any vector type.
pub(crate) trait Kernel {
    /// Runs the computation; implementations are `#[inline(always)]`.
    fn run<V: Simd>(self);
}

/// A vector of `LANES` numbers. Products and sums are rounded lane by lane, as in scalar code.
pub(crate) trait Simd: Copy {
    /// How many numbers a vector holds.
    const LANES: usize;
    /// How many vectors the processor holds in registers.
    const REGISTERS: usize;
    /// The result of a comparison.
    type Mask: Copy;

    /// All lanes `x`.
    fn splat(x: f32) -> Self;
    /// `self + other`.
    fn add(self, other: Self) -> Self;
    /// `self - other`.
    fn sub(self, other: Self) -> Self;
    /// `self · other`.
    fn mul(self, other: Self) -> Self;
    /// `self / other`, correctly rounded.
    fn div(self, other: Self) -> Self;
    /// `√self`, correctly rounded.
    fn sqrt(self) -> Self;
    /// `self · a + b`: one rounding where the instruction set has a fused multiply-add, two elsewhere.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// Where `self > other`; false for NaN.
    fn greater(self, other: Self) -> Self::Mask;
    /// Where `self` or `other` is NaN.
    fn unordered(self, other: Self) -> Self::Mask;
    /// Where either mask holds.
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// `yes` where `mask` holds, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// The sum of the lanes, in an order of the implementation's choice that is always the same.
    fn sum(self) -> f32;

    /// # Safety
    /// `LANES` numbers can be read at `from`.
    unsafe fn load(from: *const f32) -> Self;
    /// The first `n < LANES` lanes from memory, the others zero.
    /// # Safety
    /// `n` numbers can be read at `from`.
    unsafe fn load_first(from: *const f32, n: usize) -> Self;
    /// # Safety
    /// `LANES` numbers can be written at `to`.
    unsafe fn store(self, to: *mut f32);
    /// Stores the first `n < LANES` lanes.
    /// # Safety
    /// `n` numbers can be written at `to`.
    unsafe fn store_first(self, to: *mut f32, n: usize);
    /// Stores the lanes, whole numbers in 0..=255, as bytes.
    /// # Safety
    /// `LANES` bytes can be written at `to`.
    unsafe fn store_bytes(self, to: *mut u8);

    /// Writes lane j of vector f to `to[j·N + f]`, for the first `count <= LANES` lanes.
    /// # Safety
    /// `count·N` numbers can be written at `to`.
    #[inline(always)]
    unsafe fn interleave<const N: usize>(vectors: [Self; N], to: *mut f32, count: usize) {
        let mut lanes = [[0.0; 16]; N];
        for (f, vector) in vectors.into_iter().enumerate() {
            // SAFETY: 16 numbers, and no vector has more lanes.
            unsafe { vector.store(lanes[f].as_mut_ptr()) };
        }
        for j in 0..count {
            for (f, lanes) in lanes.iter().enumerate() {
                // SAFETY: j < count and f < N; count <= LANES <= 16.
                unsafe { *to.add(j * N + f) = *lanes.get_unchecked(j) }
            }
        }
    }

    /// Transposes a square of `LANES × LANES` numbers; rows start `from_pitch` and `to_pitch` apart.
    /// # Safety
    /// Every row of the square can be read at `from`, and written at `to`.
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_pitch: usize, to: *mut f32, to_pitch: usize) {
        for row in 0..Self::LANES {
            for column in 0..Self::LANES {
                // SAFETY: both are inside the squares that the caller vouches for.
                unsafe { *to.add(column * to_pitch + row) = *from.add(row * from_pitch + column) }
            }
        }
    }
}

/// [`Simd::load`] from a slice, checked in debug builds.
/// # Safety
/// `at + LANES <= x.len()`.
#[inline(always)]
pub(crate) unsafe fn load<V: Simd>(x: &[f32], at: usize) -> V {
    debug_assert!(at + V::LANES <= x.len(), "load of {} at {at} of {}", V::LANES, x.len());
    // SAFETY: the caller's.
    unsafe { V::load(x.as_ptr().add(at)) }
}

/// One number in all lanes, checked in debug builds.
/// # Safety
/// `at < x.len()`.
#[inline(always)]
pub(crate) unsafe fn splat<V: Simd>(x: &[f32], at: usize) -> V {
    debug_assert!(at < x.len(), "splat at {at} of {}", x.len());
    // SAFETY: the caller's.
    V::splat(unsafe { *x.get_unchecked(at) })
}

/// [`Simd::store`] to a slice, checked in debug builds.
/// # Safety
/// `at + LANES <= y.len()`.
#[inline(always)]
pub(crate) unsafe fn store<V: Simd>(v: V, y: &mut [f32], at: usize) {
    debug_assert!(at + V::LANES <= y.len(), "store of {} at {at} of {}", V::LANES, y.len());
    // SAFETY: the caller's.
    unsafe { v.store(y.as_mut_ptr().add(at)) }
}
