//! Element-wise operations on parameters and gradients, in one pass over memory. No tensor is on autodiff.

use burn::tensor::Tensor;

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::in_place;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use crate::kernels::{Isa, elementwise};

/// Returns `decay · average + (1 − decay) · value`; changes `average` in place if no other tensor shares its
/// numbers.
///
/// ```
/// use burn::tensor::Tensor;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let [average, value] = [1.0, 3.0].map(|number| Tensor::<1>::from_floats([number], &device));
/// assert_eq!(lenet_backend::optim::moving_average(average, value, 0.75).into_scalar::<f32>(), 1.5);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// As Burn's operations do, if the shapes or devices differ.
pub fn moving_average<const D: usize>(average: Tensor<D>, value: Tensor<D>, decay: f64) -> Tensor<D> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(average_on_host) = in_place::moving_average_for(&average, &value) {
        return average_on_host(average, value, decay as f32, (1.0 - decay) as f32);
    }
    average.mul_scalar(decay).add(value.mul_scalar(1.0 - decay))
}

/// Returns `tensor · factor`; changes `tensor` in place if no other tensor shares its numbers.
pub fn scale<const D: usize>(tensor: Tensor<D>, factor: f64) -> Tensor<D> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(change) = in_place::change_for(&tensor) {
        return change(tensor, &|numbers| elementwise::scale(Isa::best(), numbers, factor as f32));
    }
    tensor.mul_scalar(factor)
}

/// Clamps every number to `-limit..=limit`, in place if no other tensor shares the numbers. NaN stays NaN.
///
/// # Panics
/// If `limit` is negative or NaN.
pub fn clamp<const D: usize>(tensor: Tensor<D>, limit: f64) -> Tensor<D> {
    assert!(limit >= 0.0, "the limit is {limit}, expected 0 or more");
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(change) = in_place::change_for(&tensor) {
        return change(tensor, &|numbers| elementwise::clamp(Isa::best(), numbers, limit as f32));
    }
    tensor.clamp(-limit, limit)
}
