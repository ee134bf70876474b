//! The products of the linear layers' backward pass: `xᵀ·g` summed over the batch, and `g·Wᵀ` for a few rows.
//!
//! ```text
//!                 g [B, N]  ┌───────┐       in registers: R rows × J vectors of dW,
//!                           │ J·L   │       8 × 2 with 32 registers, 4 × 2 with 16, 4 × 1 with 8
//!   xᵀ  ┌───────────┐       ├───────┤
//!     R │ ► b ►►►►► │       │  dW   │       for b: J loads of g, R numbers of x in all lanes, R·J multiply-adds
//!       └───────────┘       └───────┘
//! ```
//! A task owns some rows of dW and sums over the whole batch, so that there are no partial sums to add up.
//! The batch is taken in blocks that fit the cache; between blocks the sums are stored in dW.

use std::mem::MaybeUninit;

use super::product::vectors;
use crate::kernels::simd::{Kernel, Simd, load, splat};

/// Rows of the batch in one block: 256 × 400 numbers are 400 KB.
const BLOCK: usize = 256;

/// `dW[k, n] = Σ_b x[b, k]·g[b, n]` for the rows of dW from `first` on.
pub(crate) struct Outer<'a> {
    /// `[B, K]`.
    pub x: &'a [f32],
    /// `[B, N]`.
    pub g: &'a [f32],
    /// Rows `first..` of `[K, N]`: every number is written, and none read before.
    pub dw: &'a mut [MaybeUninit<f32>],
    pub first: usize,
    pub inputs: usize,
    pub outputs: usize,
}

impl Kernel for Outer<'_> {
    #[inline(always)]
    fn run<V: Simd>(mut self) {
        let (k, n) = (self.inputs, self.outputs);
        let (batch, rows) = (self.x.len() / k, self.dw.len() / n);
        assert!(self.x.len() == batch * k && self.g.len() == batch * n && self.dw.len() == rows * n);
        assert!(self.first + rows <= k);
        if batch == 0 {
            self.dw.fill(MaybeUninit::new(0.0));
        }
        for start in (0..batch).step_by(BLOCK) {
            let block = (start, batch.min(start + BLOCK));
            let mut row = 0;
            while V::REGISTERS >= 32 && rows - row >= 8 {
                // SAFETY: `dw` is written from the first block on, block by block.
                unsafe { self.rows::<V, 8>(block, row) };
                row += 8;
            }
            while rows - row >= 4 {
                // SAFETY: as above.
                unsafe { self.rows::<V, 4>(block, row) };
                row += 4;
            }
            while row < rows {
                // SAFETY: as above.
                unsafe { self.rows::<V, 1>(block, row) };
                row += 1;
            }
        }
    }
}

impl Outer<'_> {
    /// Adds the products of a block of the batch to `R` rows of dW.
    ///
    /// # Safety
    /// If the block does not start at 0, an earlier call has written these rows.
    #[inline(always)]
    unsafe fn rows<V: Simd, const R: usize>(&mut self, block: (usize, usize), row: usize) {
        let mut column = 0;
        while V::REGISTERS < 16 && self.outputs - column >= V::LANES {
            // SAFETY: the caller's; so below.
            unsafe { self.tile::<V, R, 1, true>(block, row, column) };
            column += V::LANES;
        }
        while self.outputs - column >= 2 * V::LANES {
            // SAFETY: the caller's; so below.
            unsafe { self.tile::<V, R, 2, true>(block, row, column) };
            column += 2 * V::LANES;
        }
        // SAFETY: as above.
        unsafe {
            match self.outputs - column {
                0 => {}
                rest if rest > V::LANES => self.tile::<V, R, 2, false>(block, row, column),
                rest if rest == V::LANES => self.tile::<V, R, 1, true>(block, row, column),
                _ => self.tile::<V, R, 1, false>(block, row, column),
            }
        }
    }

    /// `R` rows and `J` vectors of columns; if not `FULL`, the last vector ends with the last column.
    ///
    /// # Safety
    /// If the block does not start at 0, an earlier call has written this tile.
    #[inline(always)]
    unsafe fn tile<V: Simd, const R: usize, const J: usize, const FULL: bool>(
        &mut self,
        (start, end): (usize, usize),
        row: usize,
        column: usize,
    ) {
        let (k, n) = (self.inputs, self.outputs);
        let count = if FULL { J * V::LANES } else { n - column };
        let mut sums = [[V::splat(0.0); J]; R];
        assert!((row + R) * n <= self.dw.len() && self.first + row + R <= k && column + count <= n);
        assert!(end * n <= self.g.len() && end * k <= self.x.len());
        assert!(FULL || ((J - 1) * V::LANES < count && count < J * V::LANES));
        // SAFETY: by the checks above, rows and columns are inside all matrices, and only the last vector is
        // not whole. The caller's for dW.
        unsafe {
            if start > 0 {
                for (r, sums) in sums.iter_mut().enumerate() {
                    *sums = vectors::<V, J, FULL>(self.dw.as_ptr().add((row + r) * n + column).cast(), count);
                }
            }
            for b in start..end {
                let g = vectors::<V, J, FULL>(self.g.as_ptr().add(b * n + column), count);
                for (r, sums) in sums.iter_mut().enumerate() {
                    let x = splat::<V>(self.x, b * k + self.first + row + r);
                    for (sum, g) in sums.iter_mut().zip(g) {
                        *sum = x.mul_add(g, *sum);
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (j, sum) in sums.into_iter().enumerate() {
                    let to = self.dw.as_mut_ptr().add((row + r) * n + column + j * V::LANES).cast();
                    if FULL || j + 1 < J { sum.store(to) } else { sum.store_first(to, count - j * V::LANES) }
                }
            }
        }
    }
}

/// `dx[b, k] = Σ_n g[b, n]·W[k, n]`, a dot product each: for batches too small to transpose W for.
pub(crate) struct Dots<'a> {
    /// `[B, N]`.
    pub g: &'a [f32],
    /// `[K, N]`.
    pub w: &'a [f32],
    /// `[B, K]`: every number is written, and none read.
    pub dx: &'a mut [MaybeUninit<f32>],
    pub outputs: usize,
}

impl Kernel for Dots<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        let n = self.outputs;
        let inputs = self.w.len() / n;
        assert!(self.w.len() == inputs * n && self.dx.len() * n == self.g.len() * inputs);
        for (g, dx) in self.g.chunks_exact(n).zip(self.dx.chunks_exact_mut(inputs)) {
            for (w, dx) in self.w.chunks_exact(n).zip(dx) {
                let mut sum = V::splat(0.0);
                let mut at = 0;
                // SAFETY: both rows are n long, and all reads end at n or before.
                unsafe {
                    while n - at >= V::LANES {
                        sum = load::<V>(g, at).mul_add(load(w, at), sum);
                        at += V::LANES;
                    }
                    if at < n {
                        let (g, w) = (g.as_ptr().add(at), w.as_ptr().add(at));
                        sum = V::load_first(g, n - at).mul_add(V::load_first(w, n - at), sum);
                    }
                }
                dx.write(sum.sum());
            }
        }
    }
}
