//! Eight numbers in an array: plain Rust that compiles everywhere, and that the other instruction sets are
//! tested against. The compiler turns the loops into whatever vectors the target guarantees.

use super::{Kernel, Simd};

/// Runs a kernel over `[f32; 8]`.
pub(super) fn run<K: Kernel>(kernel: K) {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_planted() {
        return kernel.run::<super::planted::Planted<Lanes>>();
    }
    kernel.run::<Lanes>();
}

type Lanes = [f32; 8];

#[inline(always)]
fn zip<A: Copy, B: Copy, C>(a: [A; 8], b: [B; 8], f: impl Fn(A, B) -> C) -> [C; 8] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

impl Simd for Lanes {
    const LANES: usize = 8;
    const REGISTERS: usize = 16;
    type Mask = [bool; 8];

    #[inline(always)]
    fn splat(x: f32) -> Self {
        [x; 8]
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        zip(self, other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        zip(self, other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        zip(self, other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        zip(self, other, |a, b| a / b)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f32::sqrt)
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        zip(zip(self, a, |x, y| x * y), b, |x, y| x + y)
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        zip(self, other, |a, b| a > b)
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        zip(self, other, |a, b| a.is_nan() || b.is_nan())
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        zip(a, b, |a, b| a || b)
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        std::array::from_fn(|lane| if mask[lane] { yes[lane] } else { no[lane] })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's; an array of f32 has the alignment of f32.
        unsafe { from.cast::<Self>().read() }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        let mut lanes = [0.0; 8];
        // SAFETY: the caller's for the source, n < 8 for the target.
        unsafe { std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), n) };
        lanes
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's; an array of f32 has the alignment of f32.
        unsafe { to.cast::<Self>().write(self) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        // SAFETY: the caller's for the target, n < 8 for the source.
        unsafe { std::ptr::copy_nonoverlapping(self.as_ptr(), to, n) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        let bytes: [u8; 8] = std::array::from_fn(|lane| self[lane] as u8);
        // SAFETY: the caller's.
        unsafe { to.cast::<[u8; 8]>().write(bytes) }
    }
}
