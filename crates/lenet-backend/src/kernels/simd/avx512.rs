//! Sixteen numbers in a 512-bit register: AVX-512 F and VL.

use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// Runs a kernel over 512-bit vectors.
/// # Safety
/// The processor has AVX-512 F and VL, AVX2 and FMA.
#[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<F32x16>>();
    }
    kernel.run::<F32x16>();
}

#[derive(Clone, Copy)]
struct F32x16(__m512);

/// Intrinsics that touch no memory.
macro_rules! op {
    ($intrinsic:expr) => {
        // SAFETY: `F32x16` is named only in `run`, whose caller vouches for the instruction set.
        unsafe { $intrinsic }
    };
}

/// The mask of the first `n` of 16 lanes.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    debug_assert!(n < 16);
    (1u16 << n) - 1
}

impl Simd for F32x16 {
    const LANES: usize = 16;
    const REGISTERS: usize = 32;
    type Mask = __mmask16;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(op!(_mm512_set1_ps(x)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(op!(_mm512_add_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(op!(_mm512_sub_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(op!(_mm512_mul_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(op!(_mm512_div_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(op!(_mm512_sqrt_ps(self.0)))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(op!(_mm512_fmadd_ps(self.0, a.0, b.0)))
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        op!(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0))
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        op!(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, other.0))
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        a | b
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(op!(_mm512_mask_blend_ps(mask, no.0, yes.0)))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        op!(_mm512_reduce_add_ps(self.0))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's for the memory, see `op!` for the instruction set; so below.
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        // SAFETY: as in `load`; lanes that are masked out are not read.
        Self(unsafe { _mm512_maskz_loadu_ps(first(n), from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as in `load`.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: as in `load`; lanes that are masked out are not written.
        unsafe { _mm512_mask_storeu_ps(to, first(n), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let bytes = op!(_mm512_cvtepi32_epi8(_mm512_cvtps_epi32(self.0)));
        // SAFETY: as in `load`; the store has no alignment.
        unsafe { _mm_storeu_si128(to.cast(), bytes) }
    }

    #[inline(always)]
    unsafe fn interleave<const N: usize>(vectors: [Self; N], to: *mut f32, count: usize) {
        let total = count * N;
        for (t, (index, masks)) in Interleave::<N>::INDEX.iter().zip(&Interleave::<N>::MASK).enumerate() {
            let mut mixed = Self::splat(0.0);
            // SAFETY: an index is 16 numbers of 32 bits.
            let index = unsafe { _mm512_loadu_si512(index.as_ptr().cast()) };
            for (vector, mask) in vectors.into_iter().zip(masks) {
                mixed.0 = op!(_mm512_mask_permutexvar_ps(mixed.0, *mask, index, vector.0));
            }
            // SAFETY: the caller's: `total` numbers.
            unsafe {
                match total.saturating_sub(16 * t) {
                    0 => {}
                    rest @ 1..16 => mixed.store_first(to.add(16 * t), rest),
                    _ => mixed.store(to.add(16 * t)),
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_pitch: usize, to: *mut f32, to_pitch: usize) {
        let mut rows = [Self::splat(0.0).0; 16];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: a row of the caller's square.
            *row = unsafe { _mm512_loadu_ps(from.add(i * from_pitch)) };
        }
        for (i, column) in transposed(rows).into_iter().enumerate() {
            // SAFETY: a row of the caller's square.
            unsafe { _mm512_storeu_ps(to.add(i * to_pitch), column) }
        }
    }
}

/// Where the numbers of `N` interleaved vectors come from: number i is lane i / N of vector i % N.
struct Interleave<const N: usize>;

impl<const N: usize> Interleave<N> {
    const INDEX: [[i32; 16]; N] = {
        let mut index = [[0; 16]; N];
        let mut i = 0;
        while i < 16 * N {
            index[i / 16][i % 16] = (i / N) as i32;
            i += 1;
        }
        index
    };
    const MASK: [[__mmask16; N]; N] = {
        let mut mask = [[0; N]; N];
        let mut i = 0;
        while i < 16 * N {
            mask[i / 16][i % N] |= 1 << (i % 16);
            i += 1;
        }
        mask
    };
}

/// Four rounds of exchanges: single numbers, pairs, quarters of a register, halves.
#[inline(always)]
fn transposed(rows: [__m512; 16]) -> [__m512; 16] {
    let mut a = rows;
    for i in (0..16).step_by(2) {
        a[i] = op!(_mm512_unpacklo_ps(rows[i], rows[i + 1]));
        a[i + 1] = op!(_mm512_unpackhi_ps(rows[i], rows[i + 1]));
    }
    let mut b = a;
    for i in (0..16).step_by(4) {
        for j in 0..2 {
            let (x, y) = op!((_mm512_castps_pd(a[i + j]), _mm512_castps_pd(a[i + j + 2])));
            b[i + 2 * j] = op!(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)));
            b[i + 2 * j + 1] = op!(_mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
        }
    }
    let mut c = b;
    for i in [0, 1, 2, 3, 8, 9, 10, 11] {
        c[i] = op!(_mm512_shuffle_f32x4::<0b10_00_10_00>(b[i], b[i + 4]));
        c[i + 4] = op!(_mm512_shuffle_f32x4::<0b11_01_11_01>(b[i], b[i + 4]));
    }
    let mut d = c;
    for i in 0..8 {
        d[i] = op!(_mm512_shuffle_f32x4::<0b10_00_10_00>(c[i], c[i + 8]));
        d[i + 8] = op!(_mm512_shuffle_f32x4::<0b11_01_11_01>(c[i], c[i + 8]));
    }
    d
}
