//! Forward pass of the convolution block with lanes along the filters: for many filters.
//!
//! A vector holds the same candidate of 16 filters (two or four vectors where they are shorter). With
//! channels last, a row of a patch is one run of K·C numbers; each is spread over all lanes and multiplied
//! with the weights that the filters have for it:
//!
//! ```text
//!   weights  [K][K·C][filters]      sums of W windows, 4 candidates each, stay in registers:
//!            ky  t     lanes          5 windows × 4 × 1 vector   = 20 (AVX-512, one pooled row of LeNet)
//!                 │                   1 window  × 4 × 2 vectors  =  8 (AVX2)
//!                 │                   1 window  × 4 × 1 vector   =  4 (simd128, 8 lanes in two registers)
//!   sum[p] += x[p + t] · w[ky][t]     1 window  × 4 × 4 vectors  = 16 (NEON)
//! ```
//! One load of weights serves all sums, every other load is a number of the image spread over the lanes
//! by the multiply-add itself, and the pool is a maximum of registers.

use super::images::{ConvWeights, Images, ImagesMut};
use super::layout::{Layout, from_channels_last, to_channels_last};
use super::pool::{pooled, route};
use super::shape::{ConvShape, LENET_2};
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Isa, Kernel, Simd, load, splat};
use crate::kernels::transpose::Transpose;

/// Filters in one pass over the image.
const GROUP: usize = 16;

/// The forward pass of one task's images.
pub(crate) struct Filters<'a> {
    pub shape: ConvShape,
    pub x: Images<'a>,
    /// From [`packed_filters`].
    pub packed: &'a [f32],
    pub y: ImagesMut<'a>,
    pub routes: Option<&'a mut [u8]>,
}

/// Biases, then weights `[K, K, C, O]`; the filters are padded with zeros to whole groups.
pub(crate) fn packed_filters(isa: Isa, shape: ConvShape, weights: ConvWeights) -> Scratch {
    // The first arm is the last one with sizes that are constants for the compiler.
    match shape {
        LENET_2 => pack(isa, LENET_2, weights),
        shape => pack(isa, shape, weights),
    }
}

#[inline(always)]
fn pack(isa: Isa, shape: ConvShape, weights: ConvWeights) -> Scratch {
    let (filters, patch, area) = (shape.filters, shape.patch(), shape.kernel * shape.kernel);
    let mut by_patch = Scratch::any(weights.weight.len());
    isa.run(Transpose { from: weights.weight, rows: filters, pitch: patch, to: &mut by_patch });
    let padded = filters.next_multiple_of(GROUP);
    let mut packed = Scratch::any((1 + patch) * padded);
    if padded > filters {
        packed.fill(0.0);
    }
    packed[..filters].copy_from_slice(weights.bias);
    for (channel, by_position) in by_patch.chunks_exact(area * filters).enumerate() {
        for (position, weights) in by_position.chunks_exact(filters).enumerate() {
            packed[(1 + position * shape.channels + channel) * padded..][..filters].copy_from_slice(weights);
        }
    }
    packed
}

impl Kernel for Filters<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        // The first arms are the later ones with sizes that are constants for the compiler.
        match (self.shape, V::LANES) {
            (LENET_2, 16) => self.images::<V, 5, 1>(LENET_2),
            (LENET_2, 8) if V::REGISTERS < 16 => self.images::<V, 1, 1>(LENET_2),
            (LENET_2, 8) => self.images::<V, 1, 2>(LENET_2),
            (LENET_2, _) => self.images::<V, 1, 4>(LENET_2),
            (shape, 16) if shape.pooled_width() >= 5 => self.images::<V, 5, 1>(shape),
            (shape, 16) => self.images::<V, 1, 1>(shape),
            (shape, 8) => self.images::<V, 1, 2>(shape),
            (shape, _) => self.images::<V, 1, 4>(shape),
        }
    }
}

impl Filters<'_> {
    /// `W` windows in a row at once, `N` vectors to a group of filters.
    #[inline(always)]
    fn images<V: Simd, const W: usize, const N: usize>(mut self, shape: ConvShape) {
        assert!(GROUP.is_multiple_of(N * V::LANES) && W <= shape.pooled_width());
        let padded = shape.filters.next_multiple_of(GROUP);
        let (height, width, pooled_len) = (shape.pooled_height(), shape.pooled_width(), shape.pooled());
        let mut pixels = Scratch::any(shape.image());
        let mut sums = Scratch::any(height * width * padded);
        let mut bytes = vec![0; if self.routes.is_some() { sums.len() } else { 0 }];
        let images = self.x.data.chunks_exact(shape.image());
        for (n, (image, y)) in images.zip(self.y.data.chunks_exact_mut(pooled_len)).enumerate() {
            let image = if self.x.layout == Layout::ChannelsLast {
                image
            } else {
                to_channels_last::<V>(image, self.x.layout, shape.channels, &mut pixels);
                &pixels
            };
            for row in 0..height {
                for column in (0..width).step_by(W) {
                    let column = column.min(width - W);
                    for first in (0..padded).step_by(N * V::LANES) {
                        let candidates =
                            tile::<V, W, N>(shape, image, self.packed, padded, row, column, first);
                        let at = (row * width + column) * padded + first;
                        put::<V, W, N>(candidates, &mut sums, &mut bytes, at, padded);
                    }
                }
            }
            from_channels_last::<V>(&sums, padded, shape.filters, self.y.layout, y);
            if let Some(routes) = self.routes.as_deref_mut() {
                let routes = routes[n * pooled_len..][..pooled_len].chunks_exact_mut(shape.filters);
                routes
                    .zip(bytes.chunks(padded))
                    .for_each(|(to, from)| to.copy_from_slice(&from[..shape.filters]));
            }
        }
    }
}

/// The candidates of `W` windows for one group of filters.
#[inline(always)]
fn tile<V: Simd, const W: usize, const N: usize>(
    shape: ConvShape,
    image: &[f32],
    packed: &[f32],
    padded: usize,
    row: usize,
    column: usize,
    first: usize,
) -> [[[V; N]; 4]; W] {
    let (pitch, run) = (shape.width * shape.channels, shape.kernel * shape.channels);
    let mut sums = [[[V::splat(0.0); N]; 4]; W];
    assert!(packed.len() >= (1 + shape.kernel * run) * padded && first + N * V::LANES <= padded);
    assert!(image.len() >= shape.height * pitch && 2 * row + shape.kernel < shape.height);
    assert!(2 * (column + W) + shape.kernel - 1 <= shape.width);
    // SAFETY: by the checks above. `packed` is read in its first 1 + K·run rows of `padded` numbers; the
    // image in rows up to 2·row + K, and in a row below (2·(column + W) + K - 1)·C.
    unsafe {
        let mut bias = [V::splat(0.0); N];
        for (v, bias) in bias.iter_mut().enumerate() {
            *bias = load(packed, first + v * V::LANES);
        }
        sums.fill([bias; 4]);
        for ky in 0..shape.kernel {
            let start = (2 * row + ky) * pitch + 2 * column * shape.channels;
            for t in 0..run {
                let mut weights = [V::splat(0.0); N];
                for (v, weights) in weights.iter_mut().enumerate() {
                    *weights = load(packed, (1 + ky * run + t) * padded + first + v * V::LANES);
                }
                for (w, sums) in sums.iter_mut().enumerate() {
                    for (q, sums) in sums.iter_mut().enumerate() {
                        let x =
                            splat::<V>(image, start + t + q / 2 * pitch + (2 * w + q % 2) * shape.channels);
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = x.mul_add(weights, *sum);
                        }
                    }
                }
            }
        }
    }
    sums
}

/// Stores pooled numbers and, unless `bytes` is empty, routes; pixels are `padded` apart.
#[inline(always)]
fn put<V: Simd, const W: usize, const N: usize>(
    candidates: [[[V; N]; 4]; W],
    sums: &mut [f32],
    bytes: &mut [u8],
    at: usize,
    padded: usize,
) {
    for (w, candidates) in candidates.into_iter().enumerate() {
        for v in 0..N {
            let candidates = candidates.map(|candidates| candidates[v]);
            let at = at + w * padded + v * V::LANES;
            // SAFETY: a slice of LANES numbers.
            unsafe { pooled(candidates).store(sums[at..][..V::LANES].as_mut_ptr()) };
            if !bytes.is_empty() {
                // SAFETY: a slice of LANES bytes.
                unsafe { route(candidates).store_bytes(bytes[at..][..V::LANES].as_mut_ptr()) };
            }
        }
    }
}
