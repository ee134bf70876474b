//! [`Planted`]: a vector type with a bug, to test that comparisons catch it.

use super::Simd;
use crate::planted::Switch;

/// A bug in the vectors of every instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// The last number of a row that does not fill a vector is not read.
    TailLoad = 1,
    /// The last number of a row that does not fill a vector is not written.
    TailStore,
    /// The last lane is left out of a sum over lanes.
    LaneSum,
    /// The last lane of a multiply-add is its addend.
    MulAdd,
    /// No number of the last lane is greater than another.
    Greater,
    /// The byte of the last lane is 0.
    Bytes,
    /// The last number of a transposed square is 0.
    Transpose,
    /// The last number of interleaved vectors is 0.
    Interleave,
    /// Quotients are a 4096th too large.
    Quotient,
    /// Square roots are a 4096th too large.
    Root,
}

static SWITCH: Switch = Switch::new();

/// Plants a bug in the kernels of this process in place of the one before; `None` removes it.
pub fn plant(bug: Option<Bug>) {
    SWITCH.plant(bug.map_or(0, |bug| bug as u8));
}

/// Whether the planted bug has changed a number: the kernels of an instruction set may have no use for an operation.
pub fn was_reached() -> bool {
    SWITCH.was_reached()
}

/// Whether a bug is planted.
pub(super) fn is_planted() -> bool {
    SWITCH.is_on()
}

/// A vector with the planted bug.
#[derive(Clone, Copy)]
pub(super) struct Planted<V>(V);

impl<V: Simd> Planted<V> {
    /// Whether this bug is planted; the caller is about to make the mistake.
    #[inline(always)]
    fn has(bug: Bug) -> bool {
        SWITCH.has(bug as u8)
    }

    /// The lanes; those that the vector does not have are zero.
    #[inline(always)]
    fn lanes(self) -> [f32; 16] {
        let mut lanes = [0.0; 16];
        // SAFETY: 16 numbers, and no vector has more lanes.
        unsafe { self.0.store(lanes.as_mut_ptr()) };
        lanes
    }

    /// This vector with the last lane of `other`.
    #[inline(always)]
    fn with_last_of(self, other: Self) -> Self {
        let mut lanes = self.lanes();
        lanes[V::LANES - 1] = other.lanes()[V::LANES - 1];
        // SAFETY: as in `lanes`.
        Self(unsafe { V::load(lanes.as_ptr()) })
    }
}

/// A 4096th more.
#[inline(always)]
fn enlarged<V: Simd>(v: V) -> V {
    v.mul(V::splat(1.0 + 1.0 / 4096.0))
}

impl<V: Simd> Simd for Planted<V> {
    const LANES: usize = V::LANES;
    const REGISTERS: usize = V::REGISTERS;
    type Mask = V::Mask;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(V::splat(x))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.sub(other.0))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0.mul(other.0))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let quotient = self.0.div(other.0);
        Self(if Self::has(Bug::Quotient) { enlarged(quotient) } else { quotient })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        let root = self.0.sqrt();
        Self(if Self::has(Bug::Root) { enlarged(root) } else { root })
    }

    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        let sum = Self(self.0.mul_add(a.0, b.0));
        if Self::has(Bug::MulAdd) { sum.with_last_of(b) } else { sum }
    }

    #[inline(always)]
    fn greater(self, other: Self) -> Self::Mask {
        let left = if Self::has(Bug::Greater) { self.with_last_of(other) } else { self };
        left.0.greater(other.0)
    }

    #[inline(always)]
    fn unordered(self, other: Self) -> Self::Mask {
        self.0.unordered(other.0)
    }

    #[inline(always)]
    fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        V::or(a, b)
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(V::select(mask, yes.0, no.0))
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        if Self::has(Bug::LaneSum) { self.lanes()[..V::LANES - 1].iter().sum() } else { self.0.sum() }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's; so below.
        Self(unsafe { V::load(from) })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f32, n: usize) -> Self {
        let n = if n > 0 && Self::has(Bug::TailLoad) { n - 1 } else { n };
        // SAFETY: no more numbers than the caller's.
        Self(unsafe { V::load_first(from, n) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as in `load`.
        unsafe { self.0.store(to) }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize) {
        let n = if n > 0 && Self::has(Bug::TailStore) { n - 1 } else { n };
        // SAFETY: no more numbers than the caller's.
        unsafe { self.0.store_first(to, n) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: LANES bytes, the caller's.
        unsafe {
            self.0.store_bytes(to);
            if Self::has(Bug::Bytes) {
                *to.add(V::LANES - 1) = 0;
            }
        }
    }

    #[inline(always)]
    unsafe fn interleave<const N: usize>(vectors: [Self; N], to: *mut f32, count: usize) {
        // SAFETY: count·N numbers, the caller's.
        unsafe {
            V::interleave(vectors.map(|vector| vector.0), to, count);
            if count > 0 && Self::has(Bug::Interleave) {
                *to.add(count * N - 1) = 0.0;
            }
        }
    }

    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_pitch: usize, to: *mut f32, to_pitch: usize) {
        // SAFETY: the squares are the caller's.
        unsafe {
            V::transpose(from, from_pitch, to, to_pitch);
            if Self::has(Bug::Transpose) {
                *to.add((V::LANES - 1) * (to_pitch + 1)) = 0.0;
            }
        }
    }
}
