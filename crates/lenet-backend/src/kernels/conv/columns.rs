//! Forward pass of the convolution block with lanes along the rows of the image: for few filters.
//!
//! Every row is split once into its even and its odd columns. Then lane j of every vector belongs to pool
//! window j, the four candidates of a window stand in the same lane of four registers, and pooling is a
//! maximum of registers:
//!
//! ```text
//!   row r    e₀ o₀ e₁ o₁ e₂ o₂ …   →   E = e₀ e₁ e₂ …   O = o₀ o₁ o₂ …
//!   filter column k of the left  candidates reads  E₀ O₀ E₁ O₁ E₂     (E₁: E from its second number on)
//!                   of the right candidates reads     O₀ E₁ O₁ E₂ O₂
//! ```
//! So K+1 vectors of a row serve 2·K products of each filter, and K+1 rows serve both rows of a window.
//! In registers: 4 candidates × `N` filters (6 with 32 registers, 3 with 16, 1 with 8), two vectors of the image, and
//! one weight in all lanes, used for two products.

mod operands;

use super::images::{ConvWeights, Images, ImagesMut};
use super::layout::Layout;
use super::pool::{pooled, route};
use super::shape::{ConvShape, LENET_1};
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Kernel, Simd, load, splat};
use operands::{Group, split_rows};

/// The forward pass of one task's images.
pub(crate) struct Columns<'a> {
    pub shape: ConvShape,
    pub x: Images<'a>,
    pub weights: ConvWeights<'a>,
    pub y: ImagesMut<'a>,
    pub routes: Option<&'a mut [u8]>,
}

impl Kernel for Columns<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        // The first three arms are the last three with sizes that are constants for the compiler.
        match (self.shape, V::REGISTERS) {
            (LENET_1, 32..) => self.images::<V, 6>(LENET_1),
            (LENET_1, 16..) => self.images::<V, 3>(LENET_1),
            (LENET_1, _) => self.images::<V, 1>(LENET_1),
            (shape, 32..) => self.images::<V, 6>(shape),
            (shape, 16..) => self.images::<V, 3>(shape),
            (shape, _) => self.images::<V, 1>(shape),
        }
    }
}

impl Columns<'_> {
    #[inline(always)]
    fn images<V: Simd, const N: usize>(mut self, shape: ConvShape) {
        let groups = Group::<N>::all(shape, self.weights);
        let half = (shape.width / 2).max(shape.kernel / 2 + V::LANES);
        let mut rows = Scratch::zeros(2 * half * shape.height * shape.channels);
        let (height, width) = (shape.pooled_height(), shape.pooled_width());
        let images = self.x.data.chunks_exact(shape.image());
        for (n, (image, y)) in images.zip(self.y.data.chunks_exact_mut(shape.pooled())).enumerate() {
            split_rows(shape, image, self.x.layout, half, &mut rows);
            let routes =
                self.routes.as_deref_mut().map(|routes| &mut routes[n * shape.pooled()..][..shape.pooled()]);
            let mut output = Output { shape, y, layout: self.y.layout, routes };
            for row in 0..height {
                for group in &groups {
                    for column in (0..width).step_by(V::LANES) {
                        let column = column.min(width.saturating_sub(V::LANES));
                        let candidates = tile::<V, N>(shape, &rows, half, row, column, group);
                        output.put::<V, N>(row, column, group.first, candidates);
                    }
                }
            }
        }
    }
}

/// The four candidates of `LANES` windows of one pooled row, for the filters of a group.
#[inline(always)]
fn tile<V: Simd, const N: usize>(
    shape: ConvShape,
    rows: &[f32],
    half: usize,
    row: usize,
    column: usize,
    group: &Group<N>,
) -> [[V; 4]; N] {
    let k = shape.kernel;
    assert!(2 * row + k < shape.height && column + k / 2 + V::LANES <= half);
    assert!(rows.len() >= shape.channels * shape.height * 2 * half);
    let mut sums = [[V::splat(0.0); 4]; N];
    for (sums, bias) in sums.iter_mut().zip(group.bias) {
        *sums = [V::splat(bias); 4];
    }
    for channel in 0..shape.channels {
        let weights = &group.weights[channel * k * k..][..k * k];
        let top = (channel * shape.height + 2 * row) * 2 * half + column;
        let pitch = 2 * half;
        // SAFETY: rows 2·row to 2·row + K of the channel are inside `rows`, and K/2 + LANES numbers from
        // `column` on are inside a half row, by the checks above. `weights` has K rows; the upper
        // candidates' row is K - 1 at most.
        unsafe {
            products::<V, N, true, false>(&mut sums, rows, half, top, weights, k);
            for r in 1..k {
                products::<V, N, true, true>(
                    &mut sums,
                    rows,
                    half,
                    top + r * pitch,
                    &weights[(r - 1) * k..],
                    k,
                );
            }
            products::<V, N, false, true>(&mut sums, rows, half, top + k * pitch, &weights[(k - 1) * k..], k);
        }
    }
    sums
}

/// One row of the image, from `at` on, times one row of the filters for the upper and one for the lower
/// candidates. `weights` starts with the lower candidates' row if `LOWER`; the upper candidates' row follows.
///
/// # Safety
/// `rows` goes on for `half + k/2 + LANES` numbers from `at` on. `weights` has `k` numbers for each of
/// `UPPER` and `LOWER`.
#[inline(always)]
unsafe fn products<V: Simd, const N: usize, const UPPER: bool, const LOWER: bool>(
    sums: &mut [[V; 4]; N],
    rows: &[f32],
    half: usize,
    at: usize,
    weights: &[[f32; N]],
    k: usize,
) {
    // SAFETY: the caller's; the farthest load starts k/2 numbers into the odd half row.
    unsafe {
        let mut left = load::<V>(rows, at);
        for column in 0..k {
            let right = load::<V>(rows, at + (column + 1) % 2 * half + column.div_ceil(2));
            for (f, sums) in sums.iter_mut().enumerate() {
                if UPPER {
                    let row = if LOWER { k } else { 0 };
                    let w = splat::<V>(weights.get_unchecked(row + column), f);
                    sums[0] = w.mul_add(left, sums[0]);
                    sums[1] = w.mul_add(right, sums[1]);
                }
                if LOWER {
                    let w = splat::<V>(weights.get_unchecked(column), f);
                    sums[2] = w.mul_add(left, sums[2]);
                    sums[3] = w.mul_add(right, sums[3]);
                }
            }
            left = right;
        }
    }
}

/// The output of one image: pooled numbers and their routes.
struct Output<'a> {
    shape: ConvShape,
    y: &'a mut [f32],
    layout: Layout,
    routes: Option<&'a mut [u8]>,
}

impl Output<'_> {
    #[inline(always)]
    fn put<V: Simd, const N: usize>(
        &mut self,
        row: usize,
        column: usize,
        filter: usize,
        candidates: [[V; 4]; N],
    ) {
        let shape = self.shape;
        let (height, width) = (shape.pooled_height(), shape.pooled_width());
        let [down, right, deep] = self.layout.strides(shape.filters, height, width);
        let count = V::LANES.min(width);
        let filters = N.min(shape.filters - filter);
        let mut values = [V::splat(0.0); N];
        for (value, candidates) in values.iter_mut().zip(candidates) {
            *value = pooled(candidates);
        }
        if right == N && filters == N {
            let pixels = &mut self.y[row * down + column * right..][..count * N];
            // SAFETY: a slice of count·N numbers.
            unsafe { V::interleave(values, pixels.as_mut_ptr(), count) };
        } else {
            for (f, value) in values.into_iter().enumerate().take(filters) {
                let mut lanes = [0.0; 16];
                // SAFETY: 16 numbers, and no vector has more lanes.
                unsafe { value.store(lanes.as_mut_ptr()) };
                let plane = &mut self.y[row * down + column * right + (filter + f) * deep..];
                for (j, lane) in lanes.iter().enumerate().take(count) {
                    plane[j * right] = *lane;
                }
            }
        }
        let Some(routes) = self.routes.as_deref_mut() else { return };
        for (f, candidates) in candidates.into_iter().enumerate().take(filters) {
            let mut bytes = [0; 16];
            // SAFETY: 16 bytes, and no vector has more lanes.
            unsafe { route(candidates).store_bytes(bytes.as_mut_ptr()) };
            routes[(row * shape.filters + filter + f) * width + column..][..count]
                .copy_from_slice(&bytes[..count]);
        }
    }
}
