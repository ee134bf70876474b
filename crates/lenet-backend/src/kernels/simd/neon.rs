//! Four numbers in a 128-bit register: NEON.

use super::{Kernel, Simd};
use std::arch::aarch64::*;

/// Runs a kernel over 128-bit vectors.
/// # Safety
/// The processor has NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<F32x4>>();
    }
    kernel.run::<F32x4>();
}

#[derive(Clone, Copy)]
struct F32x4(float32x4_t);

/// Intrinsics that touch no memory.
macro_rules! op {
    ($intrinsic:expr) => {
        // SAFETY: `F32x4` is named only in `run`, whose caller vouches for the instruction set.
        unsafe { $intrinsic }
    };
}

impl Simd for F32x4 {
    const LANES: usize = 4;
    const REGISTERS: usize = 32;
    type Mask = uint32x4_t;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(op!(vdupq_n_f32(x)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(op!(vaddq_f32(self.0, other.0)))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(op!(vsubq_f32(self.0, other.0)))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(op!(vmulq_f32(self.0, other.0)))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(op!(vdivq_f32(self.0, other.0)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(op!(vsqrtq_f32(self.0)))
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(op!(vfmaq_f32(b.0, self.0, a.0)))
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        op!(vcgtq_f32(self.0, other.0))
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        op!(vmvnq_u32(vandq_u32(vceqq_f32(self.0, self.0), vceqq_f32(other.0, other.0))))
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        op!(vorrq_u32(a, b))
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(op!(vbslq_f32(mask, yes.0, no.0)))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        op!(vaddvq_f32(self.0))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's for the memory, see `op!` for the instruction set; so below.
        Self(unsafe { vld1q_f32(from) })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        let mut lanes = [0.0; 4];
        // SAFETY: as in `load`; n < 4.
        Self(unsafe {
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n);
            vld1q_f32(lanes.as_ptr())
        })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as in `load`.
        unsafe { vst1q_f32(to, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        let mut lanes = [0.0; 4];
        // SAFETY: as in `load`; n < 4.
        unsafe {
            vst1q_f32(lanes.as_mut_ptr(), self.0);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, n);
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let halves = op!(vmovn_u32(vcvtq_u32_f32(self.0)));
        let bytes = op!(vmovn_u16(vcombine_u16(halves, halves)));
        let four = op!(vget_lane_u32::<0>(vreinterpret_u32_u8(bytes)));
        // SAFETY: the caller's: four bytes.
        unsafe { to.cast::<u32>().write_unaligned(four) }
    }
}
