//! Eight numbers in a 256-bit register: AVX2 and FMA, or AVX2 with the roundings of [`portable`](super::portable).

use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// Runs a kernel over 256-bit vectors.
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<F32x8<true>>>();
    }
    kernel.run::<F32x8<true>>();
}

/// Runs a kernel over 256-bit vectors that round a product before it is added: lanes, registers and orders of sums are
/// those of the portable kernels, and so are the bits.
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn run_in_portable_order<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<F32x8<false>>>();
    }
    kernel.run::<F32x8<false>>();
}

/// `FUSED`: a multiply-add rounds once.
#[derive(Clone, Copy)]
struct F32x8<const FUSED: bool>(__m256);

/// Intrinsics that touch no memory.
macro_rules! op {
    ($intrinsic:expr) => {
        // SAFETY: `F32x8` is named only in `run` and `run_in_portable_order`, whose callers vouch for the instruction set.
        unsafe { $intrinsic }
    };
}

/// The mask of the first `n` of 8 lanes.
#[inline(always)]
fn first(n: usize) -> __m256i {
    debug_assert!(n < 8);
    op!(_mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)))
}

impl<const FUSED: bool> Simd for F32x8<FUSED> {
    const LANES: usize = 8;
    const REGISTERS: usize = 16;
    type Mask = __m256;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(op!(_mm256_set1_ps(x)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(op!(_mm256_add_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(op!(_mm256_sub_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(op!(_mm256_mul_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(op!(_mm256_div_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(op!(_mm256_sqrt_ps(self.0)))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        if FUSED { Self(op!(_mm256_fmadd_ps(self.0, a.0, b.0))) } else { self.mul(a).add(b) }
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        op!(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0))
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        op!(_mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, other.0))
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        op!(_mm256_or_ps(a, b))
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(op!(_mm256_blendv_ps(no.0, yes.0, mask)))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let quads = op!(_mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0)));
        let pairs = op!(_mm_add_ps(quads, _mm_movehl_ps(quads, quads)));
        op!(_mm_cvtss_f32(_mm_add_ss(pairs, _mm_shuffle_ps::<1>(pairs, pairs))))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's for the memory, see `op!` for the instruction set; so below.
        Self(unsafe { _mm256_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: as in `load`; lanes that are masked out are not read.
        Self(unsafe { _mm256_maskload_ps(from, first(n)) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as in `load`.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: as in `load`; lanes that are masked out are not written.
        unsafe { _mm256_maskstore_ps(to, first(n), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let words = op!(_mm256_cvtps_epi32(self.0));
        let halves =
            op!(_mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words)));
        // SAFETY: as in `load`; the store writes 8 bytes and has no alignment.
        unsafe { _mm_storel_epi64(to.cast(), _mm_packus_epi16(halves, halves)) }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_pitch: usize, to: *mut f32, to_pitch: usize) {
        let mut rows = [Self::splat(0.0).0; 8];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: a row of the caller's square.
            *row = unsafe { _mm256_loadu_ps(from.add(i * from_pitch)) };
        }
        for (i, column) in transposed(rows).into_iter().enumerate() {
            // SAFETY: a row of the caller's square.
            unsafe { _mm256_storeu_ps(to.add(i * to_pitch), column) }
        }
    }
}

/// Three rounds of exchanges: single numbers, pairs, halves of a register.
#[inline(always)]
fn transposed(rows: [__m256; 8]) -> [__m256; 8] {
    let mut a = rows;
    for i in (0..8).step_by(2) {
        a[i] = op!(_mm256_unpacklo_ps(rows[i], rows[i + 1]));
        a[i + 1] = op!(_mm256_unpackhi_ps(rows[i], rows[i + 1]));
    }
    let mut b = a;
    for i in (0..8).step_by(4) {
        for j in 0..2 {
            b[i + 2 * j] = op!(_mm256_shuffle_ps::<0b01_00_01_00>(a[i + j], a[i + j + 2]));
            b[i + 2 * j + 1] = op!(_mm256_shuffle_ps::<0b11_10_11_10>(a[i + j], a[i + j + 2]));
        }
    }
    let mut c = b;
    for i in 0..4 {
        c[i] = op!(_mm256_permute2f128_ps::<0x20>(b[i], b[i + 4]));
        c[i + 4] = op!(_mm256_permute2f128_ps::<0x31>(b[i], b[i + 4]));
    }
    c
}
