//! Operations that do in one pass over memory what Burn does in several, with gradients of their own.
//!
//! On the CPU backends, for f32 and for the shapes they know, they run the [`kernels`](crate::kernels) of this
//! crate; everywhere else they are Burn's own operations, one after the other. The numbers agree within the
//! rounding of f32 (the sums are in another order), but for one case: where a pool window holds a NaN, the kernels
//! give NaN on every backend.

#[cfg(any(feature = "flex", feature = "ndarray"))]
mod conv;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod cpu;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod extension;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod host;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod in_place;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod linear;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod loss;
mod losses;
mod passes;
mod update;

pub use losses::{cross_entropy, mse_of_labels};
pub use passes::{GlobalNorm, clamp, is_on_host, moving_average, scale};
pub use update::update;

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, linear as stock_linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};

/// `relu(max_pool(conv2d(x, weight) + bias))`: a convolution without padding and with stride 1, then the maximum
/// over windows of 2×2.
///
/// - `x`: `[batch, channels, height, width]`
/// - `weight`: `[filters, channels, kernel, kernel]`
/// - `bias`: `[filters]`
/// - result: `[batch, filters, (height + 1 - kernel) / 2, (width + 1 - kernel) / 2]`
///
/// Of equal numbers in a window the first one gets the gradient, row by row.
pub fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if cpu::knows_conv_relu_pool(&x, &weight, &bias) {
        return cpu::conv_relu_pool(x, weight, bias);
    }
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    max_pool2d(relu(conv2d(x, weight, Some(bias), options)), MaxPoolOptions::new([2, 2]))
}

/// `x·weight + bias`.
///
/// - `x`: `[batch, inputs]`
/// - `weight`: `[inputs, outputs]`, as Burn's `Linear` keeps it
/// - `bias`: `[outputs]`
/// - result: `[batch, outputs]`
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    linear_with(x, weight, bias, false)
}

/// `relu(x·weight + bias)`, with the shapes of [`linear`].
pub fn linear_relu(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    linear_with(x, weight, bias, true)
}

fn linear_with(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, with_relu: bool) -> Tensor<2> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if cpu::knows_linear(&x, &weight, &bias) {
        return cpu::linear(x, weight, bias, with_relu);
    }
    let y = stock_linear(x, weight, Some(bias));
    if with_relu { relu(y) } else { y }
}
