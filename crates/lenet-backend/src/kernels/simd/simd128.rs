//! Eight numbers in two 128-bit registers: WebAssembly's simd128.
//!
//! Eight lanes rather than four, and a product and a sum rather than a fused multiply-add, which WebAssembly has
//! only with a result that is the processor's choice: so every number is the sum of the same terms in the same
//! order as in [`portable`](super::portable), and a browser computes the bits of those kernels.

use super::{Kernel, Simd};
use std::arch::wasm32::*;

/// Runs a kernel over two 128-bit vectors.
pub(super) fn run<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<F32x8>>();
    }
    kernel.run::<F32x8>();
}

/// Lanes 0 to 3, and 4 to 7.
#[derive(Clone, Copy)]
struct F32x8(v128, v128);

impl F32x8 {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(v128, v128) -> v128) -> Self {
        Self(f(self.0, other.0), f(self.1, other.1))
    }
}

/// The first `n < 4` numbers, the others zero.
/// # Safety
/// `n` numbers can be read at `from`.
#[inline(always)]
unsafe fn load_few(from: *const f32, n: usize) -> v128 {
    // SAFETY: the caller's; loads have no alignment.
    unsafe {
        match n {
            0 => f32x4_splat(0.0),
            1 => v128_load32_zero(from.cast()),
            2 => v128_load64_zero(from.cast()),
            _ => v128_load32_lane::<2>(v128_load64_zero(from.cast()), from.add(2).cast()),
        }
    }
}

/// Stores the first `n < 4` lanes.
/// # Safety
/// `n` numbers can be written at `to`.
#[inline(always)]
unsafe fn store_few(v: v128, to: *mut f32, n: usize) {
    // SAFETY: the caller's; stores have no alignment.
    unsafe {
        match n {
            0 => {}
            1 => v128_store32_lane::<0>(v, to.cast()),
            2 => v128_store64_lane::<0>(v, to.cast()),
            _ => {
                v128_store64_lane::<0>(v, to.cast());
                v128_store32_lane::<2>(v, to.add(2).cast());
            }
        }
    }
}

impl Simd for F32x8 {
    const LANES: usize = 8;
    /// Of the sixteen of 128 bits that x86-64 has for it; ARM has twice as many.
    const REGISTERS: usize = 8;
    type Mask = Self;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(f32x4_splat(x), f32x4_splat(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_add(a, b))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_sub(a, b))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_mul(a, b))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_div(a, b))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0), f32x4_sqrt(self.1))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self.mul(a).add(b)
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        self.zip(other, |a, b| f32x4_gt(a, b))
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        self.zip(other, |a, b| v128_or(f32x4_ne(a, a), f32x4_ne(b, b)))
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        a.zip(b, |a, b| v128_or(a, b))
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(v128_bitselect(yes.0, no.0, mask.0), v128_bitselect(yes.1, no.1, mask.1))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let quads = f32x4_add(self.0, self.1);
        let pairs = f32x4_add(quads, i32x4_shuffle::<2, 3, 0, 1>(quads, quads));
        f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's; loads have no alignment.
        unsafe { Self(v128_load(from.cast()), v128_load(from.add(4).cast())) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: the caller's; n < 8.
        unsafe {
            if n < 4 {
                Self(load_few(from, n), f32x4_splat(0.0))
            } else {
                Self(v128_load(from.cast()), load_few(from.add(4), n - 4))
            }
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's; stores have no alignment.
        unsafe {
            v128_store(to.cast(), self.0);
            v128_store(to.add(4).cast(), self.1);
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: the caller's; n < 8.
        unsafe {
            if n < 4 {
                store_few(self.0, to, n);
            } else {
                v128_store(to.cast(), self.0);
                store_few(self.1, to.add(4), n - 4);
            }
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let words = i16x8_narrow_i32x4(i32x4_trunc_sat_f32x4(self.0), i32x4_trunc_sat_f32x4(self.1));
        // SAFETY: the caller's: eight bytes.
        unsafe { v128_store64_lane::<0>(u8x16_narrow_i16x8(words, words), to.cast()) }
    }
}
