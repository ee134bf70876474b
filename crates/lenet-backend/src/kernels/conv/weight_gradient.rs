//! Gradient with respect to weights and biases of the convolution block, summed over live outputs only.
//!
//! For each image and filter the live outputs are gathered into a list: where the winner's patch starts, and
//! the gradient. With channels last a patch is K runs of K·C numbers (LeNet: 5 × 5, then 5 × 30), so
//!
//! ```text
//!   for (at, g) in list:            sums[R rows][N vectors] stay in registers through the whole list:
//!     sums[r][v] += g · x[at + r·pitch + v·lanes]      5 × 1 or 5 × 2, one load to a multiply-add
//! ```
//! Lanes beyond the end of a run gather products nobody reads. The list is made without a branch: every
//! entry is written, and the length grows only if it is alive.

use super::images::Images;
use super::layout::to_channels_last;
use super::pool::DEAD;
use super::shape::{ConvShape, LENET_1, LENET_2};
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Kernel, Simd, load, store};

/// The gradients of one task.
pub(crate) struct WeightGradient<'a> {
    pub shape: ConvShape,
    pub x: Images<'a>,
    pub routes: &'a [u8],
    pub gy: Images<'a>,
    /// `[O, K, padded run]`, see [`padded_run`]; added to.
    pub sums: &'a mut [f32],
    /// `[O]`; added to.
    pub bias: &'a mut [f32],
}

/// The length of a run in [`WeightGradient`]'s sums: whole tiles of any instruction set.
#[inline(always)]
pub(crate) fn padded_run(shape: ConvShape) -> usize {
    (shape.kernel * shape.channels).next_multiple_of(32)
}

/// `[O, K, padded run]` to `[O, C, K, K]`.
pub(crate) fn unpack(shape: ConvShape, sums: &[f32], weight: &mut [f32]) {
    // The first arms are the last one with sizes that are constants for the compiler.
    match shape {
        LENET_1 => unpack_as(LENET_1, sums, weight),
        LENET_2 => unpack_as(LENET_2, sums, weight),
        shape => unpack_as(shape, sums, weight),
    }
}

#[inline(always)]
fn unpack_as(shape: ConvShape, sums: &[f32], weight: &mut [f32]) {
    let (channels, k, padded) = (shape.channels, shape.kernel, padded_run(shape));
    for (sums, filter) in sums.chunks_exact(k * padded).zip(weight.chunks_exact_mut(shape.patch())) {
        for (row, sums) in sums.chunks_exact(padded).enumerate() {
            for (column, pixel) in sums.chunks_exact(channels).take(k).enumerate() {
                for (channel, sum) in pixel.iter().enumerate() {
                    filter[(channel * k + row) * k + column] = *sum;
                }
            }
        }
    }
}

impl Kernel for WeightGradient<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        match self.shape {
            LENET_1 if V::LANES == 8 => self.images::<V, 5, 1, true>(LENET_1),
            LENET_2 if V::REGISTERS < 16 => self.images::<V, 5, 1, false>(LENET_2),
            LENET_2 => self.images::<V, 5, 2, false>(LENET_2),
            shape if shape.kernel == 5 => self.images::<V, 5, 2, false>(shape),
            shape if shape.kernel == 3 => self.images::<V, 3, 2, true>(shape),
            shape => self.images::<V, 1, 2, true>(shape),
        }
    }
}

impl WeightGradient<'_> {
    #[inline(always)]
    fn images<V: Simd, const R: usize, const N: usize, const HALVES: bool>(self, shape: ConvShape) {
        let (k, pitch, run) = (shape.kernel, shape.width * shape.channels, shape.kernel * shape.channels);
        let padded = padded_run(shape);
        assert!(padded.is_multiple_of(N * V::LANES) && k.is_multiple_of(R));
        let mut pixels = Scratch::zeros(shape.image() + padded);
        let mut live = Live::new(shape);
        for (n, image) in self.x.data.chunks_exact(shape.image()).enumerate() {
            to_channels_last::<V>(image, self.x.layout, shape.channels, &mut pixels);
            let routes = &self.routes[n * shape.pooled()..][..shape.pooled()];
            let gy = Images {
                data: &self.gy.data[n * shape.pooled()..][..shape.pooled()],
                layout: self.gy.layout,
            };
            for filter in 0..shape.filters {
                live.gather(shape, routes, gy, filter);
                for row in (0..k).step_by(R) {
                    for column in (0..run).step_by(N * V::LANES) {
                        let at = (filter * k + row) * padded + column;
                        let sums = &mut self.sums[at..][..(R - 1) * padded + N * V::LANES];
                        let bias = tile::<V, R, N, HALVES>(
                            shape,
                            &live,
                            &pixels,
                            row * pitch + column,
                            sums,
                            padded,
                        );
                        self.bias[filter] += if row + column == 0 { bias } else { 0.0 };
                    }
                }
            }
        }
    }
}

/// The live outputs of one image and filter. [`Live::gather`] alone writes them, so that each start is at
/// most [`last_patch`].
struct Live {
    /// Start of the winner's patch in the image; [`ConvShape::is_supported`] keeps it below 2³².
    at: Vec<u32>,
    g: Vec<f32>,
    len: usize,
}

impl Live {
    fn new(shape: ConvShape) -> Self {
        let most = shape.pooled_height() * shape.pooled_width() + 1;
        Self { at: vec![0; most], g: vec![0.0; most], len: 0 }
    }

    #[inline(always)]
    fn gather(&mut self, shape: ConvShape, routes: &[u8], gy: Images, filter: usize) {
        let (height, width, pitch) =
            (shape.pooled_height(), shape.pooled_width(), shape.width * shape.channels);
        let [g_down, g_right, g_deep] = gy.layout.strides(shape.filters, height, width);
        let [r_down, r_right, r_deep] = shape.route_strides();
        let winner =
            [0, shape.channels, pitch, pitch + shape.channels, 0, 0, 0, 0].map(|offset| offset as u32);
        assert!(self.at.len() > height * width && self.g.len() > height * width);
        assert!(routes.len() >= shape.pooled() && gy.data.len() >= shape.pooled());
        let mut len = 0;
        for row in 0..height {
            for column in 0..width {
                // SAFETY: `len` counts at most the windows seen, the other indices are below `pooled`; both
                // are checked against the lengths above.
                unsafe {
                    let route = *routes.get_unchecked(row * r_down + column * r_right + filter * r_deep);
                    let at = (2 * row * pitch + 2 * column * shape.channels) as u32;
                    *self.at.get_unchecked_mut(len) = at + winner[usize::from(route % 8)];
                    *self.g.get_unchecked_mut(len) =
                        *gy.data.get_unchecked(row * g_down + column * g_right + filter * g_deep);
                    len += usize::from(route < DEAD);
                }
            }
        }
        self.len = len;
    }

    /// Adds a patch times its gradient to the sums; returns the gradient.
    ///
    /// # Safety
    /// `i < len`, and the patch's rows can be read from the pixels.
    #[inline(always)]
    unsafe fn add<V: Simd, const R: usize, const N: usize>(
        &self,
        i: usize,
        pixels: &[f32],
        offset: usize,
        pitch: usize,
        sums: &mut [[V; N]; R],
    ) -> f32 {
        // SAFETY: the caller's; both lists are longer than `len`.
        unsafe {
            let (at, g) = (*self.at.get_unchecked(i) as usize + offset, *self.g.get_unchecked(i));
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = load::<V>(pixels, at + r * pitch + v * V::LANES).mul_add(V::splat(g), *sum);
                }
            }
            g
        }
    }
}

/// Start of the last patch of an image whose pixels are channels last.
#[inline(always)]
fn last_patch(shape: ConvShape) -> usize {
    ((shape.height - shape.kernel) * shape.width + shape.width - shape.kernel) * shape.channels
}

/// Adds `R` rows of `N` vectors of all patches in the list, from `offset` on; returns the sum of the
/// gradients.
///
/// With `HALVES` the list is walked from its start and from its middle at once: a single chain of dependent sums would wait
/// for the latency of the multiply-add where a patch has few vectors.
#[inline(always)]
fn tile<V: Simd, const R: usize, const N: usize, const HALVES: bool>(
    shape: ConvShape,
    live: &Live,
    pixels: &[f32],
    offset: usize,
    sums: &mut [f32],
    padded: usize,
) -> f32 {
    let pitch = shape.width * shape.channels;
    assert!(sums.len() >= (R - 1) * padded + N * V::LANES && live.len <= live.at.len().min(live.g.len()));
    assert!(pixels.len() >= last_patch(shape) + offset + (R - 1) * pitch + N * V::LANES);
    let half = if HALVES { live.len / 2 } else { 0 };
    let mut first = [[V::splat(0.0); N]; R];
    let mut second = first;
    let (mut bias, mut bias_2) = (0.0, 0.0);
    // SAFETY: by the checks above; no patch starts behind the last one. Indices are below `len`, as `half <=
    // len - half`.
    unsafe {
        for (r, first) in first.iter_mut().enumerate() {
            for (v, sum) in first.iter_mut().enumerate() {
                *sum = load(sums, r * padded + v * V::LANES);
            }
        }
        for i in 0..half {
            bias += live.add::<V, R, N>(i, pixels, offset, pitch, &mut first);
            bias_2 += live.add::<V, R, N>(half + i, pixels, offset, pitch, &mut second);
        }
        for i in 2 * half..live.len {
            bias += live.add::<V, R, N>(i, pixels, offset, pitch, &mut first);
        }
        for (r, (first, second)) in first.into_iter().zip(second).enumerate() {
            for (v, (first, second)) in first.into_iter().zip(second).enumerate() {
                store(first.add(second), sums, r * padded + v * V::LANES);
            }
        }
    }
    bias + bias_2
}
