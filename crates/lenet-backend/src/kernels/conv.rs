//! Convolution, bias, ReLU and 2×2 max-pool as one operation.
//!
//! ```text
//!   x [B,C,H,W] ──conv K×K, valid──► + b ──► max over 2×2 ──► max(0, ·) ──► y [B,O,H₂,W₂]
//!                                                   └──► route: which of the 4 won, or that none is alive
//! ```
//! Pooling before the ReLU gives the same numbers, as both are monotone, and a quarter of the work. The four
//! candidates of a pool window meet in registers, so the convolution's output is never stored, and neither is
//! a matrix of patches. What the backward pass needs to know about them is one byte per output, its *route*.
//!
//! The gradient of ReLU and max-pool is zero everywhere but at one position in four, and there only where
//! the ReLU was alive; the backward pass visits these positions and no others.
//!
//! NaN in any of a window's four candidates gives NaN out. Of equal candidates the first wins, row by row.

use super::conv_columns::Columns;
use super::conv_filters::{Filters, packed_filters};
use super::conv_input::{InputGradient, packed_for_input};
use super::conv_weights::{WeightGradient, padded_run, unpack};
use super::fresh::{Fresh, Piece, UNWRITTEN};
use super::partition::{for_each, images_per_small_task, images_per_task, optional};
use super::scratch::Scratch;
use super::shape::{ConvShape, Layout};
use super::simd::{Isa, Kernel, Simd};

/// The route of an output that passes no gradient on, as its ReLU is not alive.
pub(crate) const DEAD: u8 = 4;

/// Images, or a number for each of their pixels, and their order.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    /// The numbers of all images.
    pub data: &'a [f32],
    /// Their order.
    pub layout: Layout,
}

/// Images to be written.
#[derive(Debug)]
pub(crate) struct ImagesMut<'a> {
    /// The numbers of all images.
    pub data: &'a mut [f32],
    /// The order they are to have.
    pub layout: Layout,
}

/// The operation's parameters.
#[derive(Clone, Copy, Debug)]
pub struct ConvWeights<'a> {
    /// `[O, C, K, K]`.
    pub weight: &'a [f32],
    /// `[O]`.
    pub bias: &'a [f32],
}

/// `y = max(0, maxpool(conv(x) + b))` for a batch of images, in the order `layout`, and, if they are asked for, the
/// routes for [`conv_backward`]: one byte per number of `y`, in an order that is this module's own.
///
/// # Panics
/// If the shape is not supported or a slice does not have its length: the kernels rely on both.
pub fn conv_forward(
    isa: Isa,
    shape: ConvShape,
    x: Images,
    weights: ConvWeights,
    layout: Layout,
    with_routes: bool,
) -> (Vec<f32>, Vec<u8>) {
    let batch = batch_of(shape, x.data.len());
    assert_eq!(weights.weight.len(), shape.filters * shape.patch(), "weights of {shape:?}");
    assert_eq!(weights.bias.len(), shape.filters, "biases of {shape:?}");
    let mut y = Fresh::new(batch * shape.pooled(), UNWRITTEN);
    let mut routes = with_routes.then(|| Fresh::new(batch * shape.pooled(), DEAD));

    let packed = if shape.by_columns() { Scratch::any(0) } else { packed_filters(isa, shape, weights) };
    let images = images_per_small_task(batch);
    let outputs = images * shape.pooled();
    let route_pieces = optional(routes.as_mut().map(|routes| routes.pieces(outputs)));
    let tasks = x.data.chunks(images * shape.image()).zip(y.pieces(outputs).zip(route_pieces));
    for_each(tasks, |(x_data, (y, routes))| {
        let x = Images { data: x_data, layout: x.layout };
        let y = ImagesMut { data: y.numbers(), layout };
        let routes = routes.map(Piece::numbers);
        if shape.by_columns() {
            isa.run(Columns { shape, x, weights, y, routes })
        } else {
            isa.run(Filters { shape, x, packed: &packed, y, routes })
        }
    });
    (y.finish(), routes.map_or(Vec::new(), Fresh::finish))
}

/// What [`conv_backward`] finds.
#[derive(Debug)]
pub struct ConvGradients {
    /// `[O, C, K, K]`.
    pub weight: Vec<f32>,
    /// `[O]`.
    pub bias: Vec<f32>,
    /// The gradient of the images, if it was asked for.
    pub x: Option<Vec<f32>>,
}

/// The gradients of [`conv_forward`], summed over the batch for the parameters.
///
/// `x`, `weight` and `routes` are those of the forward pass, `gy` is the gradient of `y`, and `gx` the order that the
/// gradient of `x` is to have, if it is asked for. Where a gradient is
/// infinite or NaN, pixels next to the filter's patch may become NaN too.
///
/// # Panics
/// If the shape is not supported or a slice does not have its length: the kernels rely on both.
pub fn conv_backward(
    isa: Isa,
    shape: ConvShape,
    x: Images,
    weight: &[f32],
    routes: &[u8],
    gy: Images,
    gx: Option<Layout>,
) -> ConvGradients {
    let batch = batch_of(shape, x.data.len());
    assert_eq!(weight.len(), shape.filters * shape.patch(), "weights of {shape:?}");
    assert_eq!(gy.data.len(), batch * shape.pooled(), "output gradients of {shape:?}");
    assert_eq!(routes.len(), gy.data.len(), "routes of {shape:?}");

    let images = images_per_task(batch);
    let mut x_gradient = gx.map(|_| Fresh::new(x.data.len(), UNWRITTEN));
    let packed = if gx.is_some() { packed_for_input(shape, weight) } else { Scratch::any(0) };
    let sums_len = shape.filters * shape.kernel * padded_run(shape);
    let parameters = sums_len + shape.filters;
    // One part for each task, which zeroes it itself: it is in the cache then. Without a task there is one nevertheless.
    let mut partials = Scratch::any(batch.div_ceil(images).max(1) * parameters);
    partials[..parameters].fill(0.0);
    let x_gradients = optional(x_gradient.as_mut().map(|x| x.pieces(images * shape.image())));
    let tasks = (x.data.chunks(images * shape.image()))
        .zip(routes.chunks(images * shape.pooled()).zip(gy.data.chunks(images * shape.pooled())))
        .zip(partials.chunks_mut(parameters).zip(x_gradients));
    for_each(tasks, |((x_data, (routes, gy_data)), (partial, x_gradient))| {
        let x = Images { data: x_data, layout: x.layout };
        let gy = Images { data: gy_data, layout: gy.layout };
        partial.fill(0.0);
        let (sums, bias) = partial.split_at_mut(sums_len);
        isa.for_width(shape.kernel * shape.channels).run(WeightGradient { shape, x, routes, gy, sums, bias });
        if let (Some(x_gradient), Some(layout)) = (x_gradient, gx) {
            let gx = ImagesMut { data: x_gradient.numbers(), layout };
            isa.run(InputGradient { shape, packed: &packed, routes, gy, gx });
        }
    });
    let (sum, rest) = partials.split_at_mut(parameters);
    isa.run(AddUp { sum, parts: rest });
    let (sums, bias) = sum.split_at(sums_len);
    let mut weight = vec![0.0; weight.len()];
    unpack(shape, sums, &mut weight);
    ConvGradients { weight, bias: bias.to_vec(), x: x_gradient.map(Fresh::finish) }
}

/// Adds parts as long as the sum to it, one after the other.
struct AddUp<'a> {
    sum: &'a mut [f32],
    parts: &'a [f32],
}

impl Kernel for AddUp<'_> {
    /// Plain: the compiler makes vectors of it.
    #[inline(always)]
    fn run<V: Simd>(self) {
        for part in self.parts.chunks_exact(self.sum.len()) {
            for (sum, part) in self.sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
    }
}

fn batch_of(shape: ConvShape, len: usize) -> usize {
    assert!(shape.is_supported(), "{shape:?} is not supported");
    assert!(len.is_multiple_of(shape.image()), "{len} numbers are no whole images of {shape:?}");
    len / shape.image()
}
