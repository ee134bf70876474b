//! Gradient with respect to the input of the convolution block, summed over live outputs only.
//!
//! The four candidates of a pool window see (K+1)×(K+1) pixels together: with channels last, K+1 rows of
//! (K+1)·C numbers (LeNet: 6 × 36). This area stays in registers while the window's live filters are added to
//! it. A filter is stored once, with a border of zeros; the winner's place in the window is a place to start
//! reading it:
//!
//! ```text
//!   0 0 0 0 0 0 0        area of the window = Σ over live filters  g · filter, read from
//!   0 w w w w w 0          row 1 - dy, column 1 - dx
//!   0 w w w w w 0        so that dy = dx = 1 starts at the corner, and the filter stands one pixel
//!   …                    down and to the right of the area's corner
//!   0 0 0 0 0 0 0        (a 'column' is a pixel of C numbers; rows are padded to whole tiles)
//! ```
//! Then the area is added to the image's gradient: one load and one store per window instead of one per
//! filter.

use super::images::{Images, ImagesMut};
use super::layout::from_channels_last;
use super::pool::DEAD;
use super::shape::{ConvShape, LENET_2};
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Kernel, Simd, load, splat, store};

/// Numbers of an area's row in the largest tile: three vectors of 16, six of 8, twelve of 4.
const TILE: usize = 48;

/// The gradient with respect to one task's images.
pub(crate) struct InputGradient<'a> {
    pub shape: ConvShape,
    /// From [`packed_for_input`].
    pub packed: &'a [f32],
    pub routes: &'a [u8],
    pub gy: Images<'a>,
    /// Overwritten.
    pub gx: ImagesMut<'a>,
}

/// Numbers in a row of a filter with its border.
#[inline(always)]
fn filter_pitch(shape: ConvShape) -> usize {
    ((shape.kernel + 1) * shape.channels).next_multiple_of(TILE)
}

/// Numbers in a filter with its border; its last row's right border is the next filter's.
#[inline(always)]
fn filter_len(shape: ConvShape) -> usize {
    (shape.kernel + 2) * filter_pitch(shape)
}

/// The filters with their borders, channels last.
pub(crate) fn packed_for_input(shape: ConvShape, weight: &[f32]) -> Scratch {
    // The first arm is the last one with sizes that are constants for the compiler.
    match shape {
        LENET_2 => pack(LENET_2, weight),
        shape => pack(shape, weight),
    }
}

#[inline(always)]
fn pack(shape: ConvShape, weight: &[f32]) -> Scratch {
    let (k, channels, pitch) = (shape.kernel, shape.channels, filter_pitch(shape));
    let mut packed = Scratch::zeros(shape.filters * filter_len(shape) + channels);
    let filters = packed.chunks_exact_mut(filter_len(shape));
    for (packed, weights) in filters.zip(weight.chunks_exact(shape.patch())) {
        for row in 0..k {
            let pixels = packed[(row + 1) * pitch + channels..][..k * channels].chunks_exact_mut(channels);
            for (column, pixel) in pixels.enumerate() {
                for (channel, to) in pixel.iter_mut().enumerate() {
                    *to = weights[(channel * k + row) * k + column];
                }
            }
        }
    }
    packed
}

impl Kernel for InputGradient<'_> {
    #[inline(always)]
    fn run<V: Simd>(self) {
        match (self.shape, V::LANES) {
            (LENET_2, 16) => self.images::<V, 6, 3>(LENET_2),
            (LENET_2, 8) if V::REGISTERS < 16 => self.images::<V, 6, 1>(LENET_2),
            (LENET_2, 8) => self.images::<V, 2, 6>(LENET_2),
            (LENET_2, _) => self.images::<V, 2, 12>(LENET_2),
            (shape, 16) => self.images::<V, 2, 3>(shape),
            (shape, 8) => self.images::<V, 2, 6>(shape),
            (shape, _) => self.images::<V, 2, 12>(shape),
        }
    }
}

impl InputGradient<'_> {
    /// An area is added up in tiles of `R` rows of `N` vectors.
    #[inline(always)]
    fn images<V: Simd, const R: usize, const N: usize>(self, shape: ConvShape) {
        assert!(TILE.is_multiple_of(N * V::LANES) && (shape.kernel + 1).is_multiple_of(R));
        let (pitch, pooled) = (shape.width * shape.channels, shape.pooled());
        let mut pixels = Scratch::any(shape.image() + filter_pitch(shape));
        let mut live = Live { at: vec![0; shape.filters + 1], g: vec![0.0; shape.filters + 1], len: 0 };
        for (n, gx) in self.gx.data.chunks_exact_mut(shape.image()).enumerate() {
            pixels.fill(0.0);
            let routes = &self.routes[n * pooled..][..pooled];
            let gy = Images { data: &self.gy.data[n * pooled..][..pooled], layout: self.gy.layout };
            for window in 0..shape.pooled_height() * shape.pooled_width() {
                let (row, column) = (window / shape.pooled_width(), window % shape.pooled_width());
                live.gather(shape, routes, gy, row, column);
                for r in (0..=shape.kernel).step_by(R) {
                    for c in (0..(shape.kernel + 1) * shape.channels).step_by(N * V::LANES) {
                        let from = r * filter_pitch(shape) + c;
                        let to = (2 * row + r) * pitch + 2 * column * shape.channels + c;
                        tile::<V, R, N>(shape, &live, self.packed, from, &mut pixels[to..]);
                    }
                }
            }
            from_channels_last::<V>(&pixels[..gx.len()], shape.channels, shape.channels, self.gx.layout, gx);
        }
    }
}

/// The live filters of one window. [`Live::gather`] alone writes them, so that each start is at most
/// `(filters - 1)·filter_len + filter_pitch + channels`.
struct Live {
    /// Start of the read in the packed filters; [`ConvShape::is_supported`] keeps it below 2³².
    at: Vec<u32>,
    g: Vec<f32>,
    len: usize,
}

impl Live {
    #[inline(always)]
    fn gather(&mut self, shape: ConvShape, routes: &[u8], gy: Images, row: usize, column: usize) {
        let [g_down, g_right, g_deep] =
            gy.layout.strides(shape.filters, shape.pooled_height(), shape.pooled_width());
        let [r_down, r_right, r_deep] = shape.route_strides();
        let pitch = filter_pitch(shape);
        let start = [pitch + shape.channels, pitch, shape.channels, 0, 0, 0, 0, 0].map(|start| start as u32);
        assert!(self.at.len() > shape.filters && self.g.len() > shape.filters);
        assert!(row < shape.pooled_height() && column < shape.pooled_width());
        assert!(routes.len() >= shape.pooled() && gy.data.len() >= shape.pooled());
        let mut len = 0;
        for filter in 0..shape.filters {
            // SAFETY: `len <= filter`, the other indices are below `pooled`; both are checked above.
            unsafe {
                let route = *routes.get_unchecked(row * r_down + column * r_right + filter * r_deep);
                *self.at.get_unchecked_mut(len) =
                    (filter * filter_len(shape)) as u32 + start[usize::from(route % 8)];
                *self.g.get_unchecked_mut(len) =
                    *gy.data.get_unchecked(row * g_down + column * g_right + filter * g_deep);
                len += usize::from(route < DEAD);
            }
        }
        self.len = len;
    }
}

/// Adds `R` rows of `N` vectors, from `from` on in every live filter, to the pixels.
#[inline(always)]
fn tile<V: Simd, const R: usize, const N: usize>(
    shape: ConvShape,
    live: &Live,
    packed: &[f32],
    from: usize,
    pixels: &mut [f32],
) {
    let (filter_pitch, pitch) = (filter_pitch(shape), shape.width * shape.channels);
    let mut sums = [[V::splat(0.0); N]; R];
    assert!(pixels.len() >= (R - 1) * pitch + N * V::LANES && live.len <= live.at.len().min(live.g.len()));
    assert!(packed.len() >= shape.filters * filter_len(shape) + shape.channels);
    assert!(from + (R - 1) * filter_pitch + N * V::LANES <= (shape.kernel + 1) * filter_pitch);
    // SAFETY: by the checks above. A filter is read from row 0 or 1 and column 0 or C on, for at most K + 1
    // of its K + 2 rows; in the last filter this ends at most C numbers behind it, and `packed` has them.
    unsafe {
        for i in 0..live.len {
            let at = *live.at.get_unchecked(i) as usize + from;
            let g = splat::<V>(&live.g, i);
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = load::<V>(packed, at + r * filter_pitch + v * V::LANES).mul_add(g, *sum);
                }
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (v, sum) in sums.into_iter().enumerate() {
                let at = r * pitch + v * V::LANES;
                store(sum.add(load(pixels, at)), pixels, at);
            }
        }
    }
}
