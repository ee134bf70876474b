//! The layers: convolution block and linear layer.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, linear as stock_linear, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};

#[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
use super::dispatch;
use crate::stock::stock;

/// Computes `relu(max_pool(conv2d(x, weight) + bias))`: a convolution without padding and with stride 1, then
/// the maximum over windows of 2×2 with stride 2.
///
/// - `x`: `[batch, channels, height, width]`
/// - `weight`: `[filters, channels, kernel, kernel]`
/// - `bias`: `[filters]`
/// - result: `[batch, filters, (height + 1 - kernel) / 2, (width + 1 - kernel) / 2]`
///
/// Of equal numbers in a window the first one gets the gradient, row by row.
///
/// # Panics
/// As Burn's operations do, if the shapes or devices do not fit each other.
pub fn conv_relu_pool(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    if dispatch::supports_conv_relu_pool(&x, &weight, &bias) {
        return dispatch::conv_relu_pool(x, weight, bias);
    }
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    stock(|| max_pool2d(relu(conv2d(x, weight, Some(bias), options)), MaxPoolOptions::new([2, 2])))
}

/// Computes `x·weight + bias`.
///
/// - `x`: `[batch, inputs]`
/// - `weight`: `[inputs, outputs]`, as Burn's `Linear` stores it
/// - `bias`: `[outputs]`
/// - result: `[batch, outputs]`
///
/// # Panics
/// As Burn's operations do, if the shapes or devices do not fit each other.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    linear_with(x, weight, bias, false)
}

/// Computes `relu(x·weight + bias)`, with the shapes and panics of [`linear`].
pub fn linear_relu(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    linear_with(x, weight, bias, true)
}

fn linear_with(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, with_relu: bool) -> Tensor<2> {
    #[cfg(any(feature = "flex", feature = "ndarray", feature = "gpu"))]
    if dispatch::supports_linear(&x, &weight, &bias) {
        return dispatch::linear(x, weight, bias, with_relu);
    }
    stock(|| {
        let y = stock_linear(x, weight, Some(bias));
        if with_relu { relu(y) } else { y }
    })
}
