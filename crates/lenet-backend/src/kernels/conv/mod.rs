//! Convolution, bias, ReLU and 2×2 max-pool as one operation.
//!
//! ```text
//!   x [B,C,H,W] ──conv K×K, valid──► + b ──► max over 2×2 ──► max(0, ·) ──► y [B,O,H₂,W₂]
//!                                                   └──► route: which of the 4 won, or none (ReLU is 0)
//! ```
//! Pooling before the ReLU gives the same numbers, because both are monotone, and needs a quarter of the
//! work. The four candidates of a pool window stay in registers: neither the convolution's output nor a
//! matrix of patches is stored. The backward pass needs one byte per output, its *route*.
//!
//! The gradient of ReLU and max-pool is zero except at one position in four, and there only if the ReLU's
//! output is positive (the output is *live*); the backward pass visits only these positions.
//!
//! A NaN among a window's four candidates makes the output NaN. Of equal candidates the first wins, row by
//! row.

mod columns;
mod filters;
mod images;
mod input_gradient;
mod layout;
mod pool;
mod weight_gradient;

use lenet_threads::split::{items_per_small_task, items_per_task};
use lenet_threads::{Fresh, Piece, for_each, for_each_awake};

use self::columns::Columns;
use self::filters::{Filters, packed_filters};
use self::images::ImagesMut;
use self::input_gradient::{InputGradient, packed_for_input};
use self::pool::DEAD;
use self::weight_gradient::{WeightGradient, padded_run, unpack};
use crate::conv_shape as shape;
use crate::kernels::result::UNWRITTEN;
use crate::kernels::scratch::Scratch;
use crate::kernels::simd::{Isa, Kernel, Simd};

pub(crate) use self::images::{ConvWeights, Images};
pub(crate) use self::layout::Layout;
pub(crate) use self::shape::ConvShape;
#[cfg(test)]
pub(crate) use self::shape::{LENET_1, LENET_2};

/// Parameters whose partial sums one task adds up: two tasks for LeNet's first convolution, four for the second.
const SUMS_PER_TASK: usize = 656;

/// Computes `y = max(0, maxpool(conv(x) + b))` for a batch of images. Returns `y` in the layout `layout` and,
/// if `with_routes`, the routes for [`conv_backward`]: one byte per number of `y`, in the order of
/// [`ConvShape::route_strides`].
///
/// # Panics
/// If the shape is not supported or a slice does not have its length: the kernels rely on both.
pub(crate) fn conv_forward(
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
    let images = items_per_small_task(batch);
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

/// The gradients of a convolution block.
#[derive(Debug)]
pub(crate) struct ConvGradients {
    /// `[O, C, K, K]`.
    pub weight: Vec<f32>,
    /// `[O]`.
    pub bias: Vec<f32>,
    /// The gradient with respect to the images, if it was asked for.
    pub x: Option<Vec<f32>>,
}

/// Backward pass of [`conv_forward`]: gradients with respect to weight and bias, summed over the batch, and,
/// if `gx_layout` is given, with respect to `x`, in this layout.
///
/// `x`, `weight` and `routes` are those of the forward pass; `gy` is the gradient with respect to `y`. Where
/// `gy` is infinite or NaN, pixels next to the filter's patch may become NaN too.
///
/// # Panics
/// If the shape is not supported or a slice does not have its length: the kernels rely on both.
pub(crate) fn conv_backward(
    isa: Isa,
    shape: ConvShape,
    x: Images,
    weight: &[f32],
    routes: &[u8],
    gy: Images,
    gx_layout: Option<Layout>,
) -> ConvGradients {
    let batch = batch_of(shape, x.data.len());
    assert_eq!(weight.len(), shape.filters * shape.patch(), "weights of {shape:?}");
    assert_eq!(gy.data.len(), batch * shape.pooled(), "output gradients of {shape:?}");
    assert_eq!(routes.len(), gy.data.len(), "routes of {shape:?}");

    let images = items_per_task(batch);
    let mut x_gradient = gx_layout.map(|_| Fresh::new(x.data.len(), UNWRITTEN));
    let packed = if gx_layout.is_some() { packed_for_input(shape, weight) } else { Scratch::any(0) };
    let sums_len = shape.filters * shape.kernel * padded_run(shape);
    let parameters = sums_len + shape.filters;
    // One part for each task, which zeroes its part itself, so that it is in the cache. Part 0 exists without
    // a task, too.
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
        if let (Some(x_gradient), Some(layout)) = (x_gradient, gx_layout) {
            let gx = ImagesMut { data: x_gradient.numbers(), layout };
            isa.run(InputGradient { shape, packed: &packed, routes, gy, gx });
        }
    });
    let (sum, rest) = partials.split_at_mut(parameters);
    if !rest.is_empty() {
        for_each_awake(sum.chunks_mut(SUMS_PER_TASK).enumerate(), |(task, sum)| {
            isa.run(AddUp { sum, parts: &rest[task * SUMS_PER_TASK..], apart: parameters });
        });
    }
    let (sums, bias) = sum.split_at(sums_len);
    let mut weight = vec![0.0; weight.len()];
    unpack(shape, sums, &mut weight);
    ConvGradients { weight, bias: bias.to_vec(), x: x_gradient.map(Fresh::finish) }
}

/// Adds parts to `sum`, one after the other; each is as long as `sum`, and they begin `apart` numbers from one another.
struct AddUp<'a> {
    sum: &'a mut [f32],
    parts: &'a [f32],
    apart: usize,
}

impl Kernel for AddUp<'_> {
    /// A plain loop, which the compiler vectorises.
    #[inline(always)]
    fn run<V: Simd>(self) {
        for part in self.parts.chunks(self.apart) {
            for (sum, part) in self.sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
    }
}

/// The pieces of an optional result, one at a time; `None` for ever if there is no result.
fn optional<I: Iterator>(pieces: Option<I>) -> impl Iterator<Item = Option<I::Item>> {
    let absent = pieces.is_none();
    let nones = std::iter::repeat_with(|| None).take(if absent { usize::MAX } else { 0 });
    pieces.into_iter().flatten().map(Some).chain(nones)
}

/// The number of images; panics if the kernels cannot compute them.
fn batch_of(shape: ConvShape, len: usize) -> usize {
    assert!(shape.is_supported(), "{shape:?} is not supported");
    assert!(len.is_multiple_of(shape.image()), "{len} numbers are no whole images of {shape:?}");
    len / shape.image()
}
