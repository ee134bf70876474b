//! The fused operations as CubeCL kernels, for GPUs through wgpu.
//!
//! Plain shaders: no operations on subgroups and no atomics, so they run wherever WebGPU does. A sum over a batch is
//! added up in an order that depends on the shapes alone, so a result has the same bits every time. The sizes of
//! layers are constants of a kernel, which is compiled once for each; the size of the batch is not.
//!
//! Every function takes and returns row-major tensors; a tensor in another layout is copied first.

// The kernel language has its own rules: a kernel's arguments are its bindings, and `a = a + b` is a new variable.
#![allow(
    clippy::assign_op_pattern,
    clippy::manual_div_ceil,
    clippy::needless_range_loop,
    clippy::too_many_arguments
)]

mod change;
mod conv;
mod conv_gradients;
mod linear;
mod loss;
mod planted;
mod update;

pub(crate) use change::{Change, change, square_sum};
pub(crate) use conv::{block, block_fits};
pub(crate) use conv_gradients::block_backward;
pub(crate) use linear::{layer, layer_backward};
pub(crate) use loss::{Criterion, class_loss, scaled};
#[cfg(feature = "planted-bugs")]
pub use planted::{Bug, plant, was_reached};
pub(crate) use update::{CONSTANTS, Job, constants, update};

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::calculate_cube_count_elemwise;
use cubecl::client::Client;
use cubecl::prelude::*;

/// The gradients of a convolution block or of a linear layer.
pub(crate) struct Gradients {
    /// With respect to the input; `None` if it was not asked for.
    pub x: Option<CubeTensor>,
    pub weight: CubeTensor,
    pub bias: CubeTensor,
}

/// The largest power of two that is at most `most` and that the device allows as the size of a workgroup.
fn units(client: &Client, most: u32) -> u32 {
    let allowed = client.properties().hardware.max_units_per_cube.clamp(1, most);
    1 << allowed.ilog2()
}

/// Workgroups for `count` independent units.
fn grid(client: &Client, count: usize) -> (CubeCount, CubeDim) {
    let units = units(client, 256);
    let dim = CubeDim::new_1d(units);
    let whole = count / units as usize * units as usize;
    let count = if planted::has(planted::Bug::WorkgroupMissing) { whole.max(1) } else { count };
    (calculate_cube_count_elemwise(client, count, dim), dim)
}

/// A tensor without defined numbers on the device of `like`.
fn empty(like: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> CubeTensor {
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape.into(), dtype)
}

/// A row-major tensor that no other tensor shares.
pub(crate) fn unshared(tensor: CubeTensor) -> CubeTensor {
    let tensor = into_contiguous(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

/// Tensors in one launch: the kernel has a branch for each.
const MOST_TENSORS: usize = 32;

/// Tensors that a kernel can take. One binding is the kernel's own: lengths and scalars.
fn bindings(tensor: &CubeTensor) -> usize {
    tensor.client.properties().hardware.max_bindings.saturating_sub(1) as usize
}

/// The argument of a kernel for the numbers of several row-major tensors.
fn all<'a>(tensors: impl IntoIterator<Item = &'a CubeTensor>) -> SequenceArg<Box<[f32]>> {
    tensors.into_iter().map(|tensor| tensor.clone().into_buffer_arg()).collect()
}

/// The argument of a kernel for the numbers of a tensor, row by row.
fn numbers(tensor: &CubeTensor) -> BufferArg {
    into_contiguous(tensor.clone()).into_buffer_arg()
}

/// Adds up `len` sums of each of the `units` of a workgroup, which lie one after the other, into the first ones: half of
/// the units add the sums of the other half to theirs, and so on. All units see the result.
#[cube]
fn add_up(
    sums: &mut Shared<[f32]>,
    #[comptime] units: usize,
    #[comptime] len: usize,
    #[comptime] bug: Option<planted::Bug>,
) {
    let unit = UNIT_POS as usize;
    let first_half = comptime!(units / 2);
    let mut half = first_half.runtime();
    while half > 0 {
        if comptime!(bug != Some(planted::Bug::BarrierMissing)) {
            sync_cube();
        }
        if unit < half {
            #[unroll]
            for i in 0..len {
                sums[unit * len + i] += sums[(unit + half) * len + i];
            }
        }
        half /= 2;
    }
    sync_cube();
}
