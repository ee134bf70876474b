//! The convolution block: convolution, bias, ReLU and max-pool.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::planted::{Bug, planted};
use super::{empty, grid, numbers};
use crate::conv_shape::ConvShape;

/// The route of an output that passes no gradient on, because its ReLU is 0.
pub(super) const DEAD: u32 = 4;

/// The largest kernel: its loops are unrolled.
const LARGEST_KERNEL: usize = 7;

/// Whether the kernels compute a block of this shape, beside [`ConvShape::is_supported`].
pub(crate) fn block_fits(shape: ConvShape) -> bool {
    shape.kernel <= LARGEST_KERNEL
}

/// Computes a block: `x` `[batch, channels, height, width]` to `[batch, filters, height / 2, width / 2]` of the
/// convolution's output; and, if `with_routes`, which of the four numbers of each window it is.
pub(crate) fn block(
    shape: ConvShape,
    x: &CubeTensor,
    weight: &CubeTensor,
    bias: &CubeTensor,
    with_routes: bool,
) -> (CubeTensor, CubeTensor) {
    let [batch, ..] = x.shape().dims::<4>();
    let dims = [batch, shape.filters, shape.pooled_height(), shape.pooled_width()];
    let y = empty(x, dims, DType::F32);
    let routes = if with_routes { empty(x, dims, DType::U32) } else { empty(x, [1], DType::U32) };
    let (count, dim) = grid(&x.client, dims.iter().product());
    conv_relu_pool::launch(
        &x.client,
        count,
        dim,
        numbers(x),
        numbers(weight),
        numbers(bias),
        numbers(&y),
        numbers(&routes),
        shape,
        with_routes,
        planted(&[Bug::Unwritten, Bug::LastTie]),
    );
    (y, routes)
}

/// One unit computes one output: four numbers of the convolution.
#[cube(launch)]
fn conv_relu_pool(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
    routes: &mut [u32],
    #[comptime] shape: ConvShape,
    #[comptime] with_routes: bool,
    #[comptime] bug: Option<Bug>,
) {
    let height = comptime!(shape.height);
    let width = comptime!(shape.width);
    let pooled_height = comptime!(shape.pooled_height());
    let pooled_width = comptime!(shape.pooled_width());
    let channels = comptime!(shape.channels);
    let filters = comptime!(shape.filters);
    let kernel = comptime!(shape.kernel);
    let side = comptime!(kernel + 1);

    let output = ABSOLUTE_POS;
    let unwritten = comptime!(usize::from(bug == Some(Bug::Unwritten)));
    if output >= y.len() - unwritten {
        terminate!();
    }
    let column = output % pooled_width;
    let row = output / pooled_width % pooled_height;
    let filter = output / (pooled_width * pooled_height) % filters;
    let image = output / (pooled_width * pooled_height * filters);

    let mut sums = Array::<f32>::new(4usize);
    #[unroll]
    for i in 0..4usize {
        sums[i] = bias[filter];
    }
    for channel in 0..channels {
        let from = ((image * channels + channel) * height + 2 * row) * width + 2 * column;
        let mut patch = Array::<f32>::new(side * side);
        #[unroll]
        for i in 0..side {
            #[unroll]
            for j in 0..side {
                patch[i * side + j] = x[from + i * width + j];
            }
        }
        let weights = (filter * channels + channel) * kernel * kernel;
        #[unroll]
        for i in 0..kernel {
            #[unroll]
            for j in 0..kernel {
                let factor = weight[weights + i * kernel + j];
                sums[0] += factor * patch[i * side + j];
                sums[1] += factor * patch[i * side + j + 1];
                sums[2] += factor * patch[(i + 1) * side + j];
                sums[3] += factor * patch[(i + 1) * side + j + 1];
            }
        }
    }

    let mut largest = 0.0f32;
    let mut route = DEAD.runtime();
    let mut has_nan = false.runtime();
    #[unroll]
    for i in 0..4usize {
        has_nan = has_nan || sums[i].is_nan();
        let is_tie = comptime!(bug == Some(Bug::LastTie)) && sums[i] == largest && largest > 0.0f32;
        if sums[i] > largest || is_tie {
            largest = sums[i];
            route = i as u32;
        }
    }
    if has_nan {
        // A window with a NaN is NaN; its gradient goes to the largest positive number, or else to the first one.
        largest = sums[0] + sums[1] + sums[2] + sums[3];
        if route == DEAD {
            route = 0u32.runtime();
        }
    }
    y[output] = largest;
    if with_routes {
        routes[output] = route;
    }
}
