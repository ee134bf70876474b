//! The matrix product `y = act(x·W + b)` of the linear layers, for few rows or many.
//!
//! ```text
//!            W  [K, N]  ┌──────┐             in registers: M rows × J vectors of y,
//!                       │ J·L  │             8 × 2 with 32 registers, 4 × 2 with 16, 4 × 1
//!                       │      │             with 8; for a single row 1 × 8, or 1 × 4
//!   x [B, K] ┌─────┐    ├──────┤
//!          M │ ►►► │    │  y   │             for k: J loads of W, M numbers of x in all lanes,
//!            └─────┘    └──────┘                    M·J multiply-adds
//! ```
//! The strip of W (400 × 32 numbers: 50 KB) stays in the cache while all rows pass by. Every number of y is
//! one sum over k from 0 up, whatever the tile: a row's result does not depend on the rows beside it.

use std::mem::MaybeUninit;

use crate::kernels::simd::{Kernel, Simd, splat};

/// `y = act(x·W + b)`.
pub(crate) struct Product<'a> {
    /// `[B, K]`.
    pub x: &'a [f32],
    /// `[K, N]`.
    pub w: &'a [f32],
    /// `[N]`, or empty for zeros.
    pub bias: &'a [f32],
    /// `[B, N]`: every number is written, and none read.
    pub y: &'a mut [MaybeUninit<f32>],
    pub inputs: usize,
    pub outputs: usize,
    pub relu: bool,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    fn run<V: Simd>(mut self) {
        let (k, n) = (self.inputs, self.outputs);
        let rows = self.y.len() / n;
        assert!(self.x.len() == rows * k && self.w.len() == k * n && self.y.len() == rows * n);
        assert!(self.bias.is_empty() || self.bias.len() == n);
        let mut column = 0;
        if rows < 4 {
            column = self.few_rows::<V>(rows);
        }
        while V::REGISTERS < 16 && n - column >= V::LANES {
            self.strip::<V, 1, true>(rows, column);
            column += V::LANES;
        }
        while n - column >= 2 * V::LANES {
            self.strip::<V, 2, true>(rows, column);
            column += 2 * V::LANES;
        }
        match n - column {
            0 => {}
            rest if rest > V::LANES => self.strip::<V, 2, false>(rows, column),
            rest if rest == V::LANES => self.strip::<V, 1, true>(rows, column),
            _ => self.strip::<V, 1, false>(rows, column),
        }
    }
}

impl Product<'_> {
    /// Columns from the first on, as many at once as there are registers for, so that W is read nearly row by
    /// row, which is fastest; returns the first column that is left.
    #[inline(always)]
    fn few_rows<V: Simd>(&mut self, rows: usize) -> usize {
        let (n, mut column) = (self.outputs, 0);
        while V::REGISTERS < 16 && n - column >= 4 * V::LANES {
            self.strip::<V, 4, true>(rows, column);
            column += 4 * V::LANES;
        }
        if V::REGISTERS < 16 {
            return column;
        }
        while n - column >= 8 * V::LANES {
            self.strip::<V, 8, true>(rows, column);
            column += 8 * V::LANES;
        }
        if (n - column).is_multiple_of(V::LANES) {
            while n - column >= 4 * V::LANES {
                self.strip::<V, 4, true>(rows, column);
                column += 4 * V::LANES;
            }
            return column;
        }
        match (n - column) / V::LANES {
            2 => self.strip::<V, 3, false>(rows, column),
            3 => self.strip::<V, 4, false>(rows, column),
            4 => self.strip::<V, 5, false>(rows, column),
            5 => self.strip::<V, 6, false>(rows, column),
            6 => self.strip::<V, 7, false>(rows, column),
            7 => self.strip::<V, 8, false>(rows, column),
            _ => return column,
        }
        n
    }

    /// All rows of `J` vectors of columns; if not `FULL`, the last vector ends with the last column.
    #[inline(always)]
    fn strip<V: Simd, const J: usize, const FULL: bool>(&mut self, rows: usize, column: usize) {
        let mut row = 0;
        while J <= 2 && V::REGISTERS >= 32 && rows - row >= 8 {
            self.tile::<V, 8, J, FULL>(row, column);
            row += 8;
        }
        while J <= 2 && rows - row >= 4 {
            self.tile::<V, 4, J, FULL>(row, column);
            row += 4;
        }
        while row < rows {
            self.tile::<V, 1, J, FULL>(row, column);
            row += 1;
        }
    }

    #[inline(always)]
    fn tile<V: Simd, const M: usize, const J: usize, const FULL: bool>(&mut self, row: usize, column: usize) {
        let (k, n) = (self.inputs, self.outputs);
        let count = if FULL { J * V::LANES } else { n - column };
        assert!((row + M) * n <= self.y.len() && (row + M) * k <= self.x.len() && column + count <= n);
        assert!(FULL || ((J - 1) * V::LANES < count && count < J * V::LANES));
        assert!(self.w.len() == k * n && (self.bias.is_empty() || self.bias.len() == n));
        // SAFETY: by the checks above, rows and columns are inside all matrices, and only the last vector is
        // not whole.
        unsafe {
            let mut sums = [[V::splat(0.0); J]; M];
            if !self.bias.is_empty() {
                let bias = vectors::<V, J, FULL>(self.bias.as_ptr().add(column), count);
                sums = [bias; M];
            }
            let x = self.x.get_unchecked(row * k..(row + M) * k);
            for i in 0..k {
                let w = vectors::<V, J, FULL>(self.w.as_ptr().add(i * n + column), count);
                for (m, sums) in sums.iter_mut().enumerate() {
                    let x = splat::<V>(x, m * k + i);
                    for (sum, w) in sums.iter_mut().zip(w) {
                        *sum = x.mul_add(w, *sum);
                    }
                }
            }
            for (m, sums) in sums.into_iter().enumerate() {
                for (j, sum) in sums.into_iter().enumerate() {
                    let y = if self.relu { positive(sum) } else { sum };
                    let to = self.y.as_mut_ptr().add((row + m) * n + column + j * V::LANES).cast();
                    if FULL || j + 1 < J { y.store(to) } else { y.store_first(to, count - j * V::LANES) }
                }
            }
        }
    }
}

/// `max(0, x)`; NaN stays NaN.
#[inline(always)]
fn positive<V: Simd>(x: V) -> V {
    let zero = V::splat(0.0);
    V::select(V::or(x.greater(zero), x.unordered(x)), x, zero)
}

/// `count` numbers in `J` vectors; the last vector is not whole if not `FULL`.
/// # Safety
/// `count` numbers can be read; `count` is `J` vectors if `FULL`, else less, but more than `J - 1` vectors.
#[inline(always)]
pub(crate) unsafe fn vectors<V: Simd, const J: usize, const FULL: bool>(
    from: *const f32,
    count: usize,
) -> [V; J] {
    let mut vectors = [V::splat(0.0); J];
    for (j, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller's.
        *vector = unsafe {
            let from = from.add(j * V::LANES);
            if FULL || j + 1 < J { V::load(from) } else { V::load_first(from, count - j * V::LANES) }
        };
    }
    vectors
}
