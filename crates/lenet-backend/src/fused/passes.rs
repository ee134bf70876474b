//! What hooks of a training do with every number at every step, in one pass each.

use burn::tensor::{Device, Tensor};

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::cpu;

/// `decay · average + (1 − decay) · value`, neither on autodiff. `average` is changed in place where no other tensor shares
/// its numbers.
///
/// ```
/// use burn::tensor::Tensor;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let [average, value] = [1.0, 3.0].map(|number| Tensor::<1>::from_floats([number], &device));
/// assert_eq!(lenet_backend::moving_average(average, value, 0.75).into_scalar::<f32>(), 1.5);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// As Burn's operations do, if the shapes or devices differ.
pub fn moving_average<const D: usize>(average: Tensor<D>, value: Tensor<D>, decay: f64) -> Tensor<D> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(follow) = cpu::moving_average_of(&average, &value) {
        return follow(average, value, decay as f32, (1.0 - decay) as f32);
    }
    average.mul_scalar(decay).add(value.mul_scalar(1.0 - decay))
}

/// The sum of the squares of all numbers of a tensor that is not on autodiff, `[1]`.
///
/// On a CPU backend it is added up in f64, in an order that depends on nothing but the number of numbers.
pub fn square_sum<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(sum) = cpu::square_sum(&tensor) {
        return Tensor::from_data([sum], &tensor.device());
    }
    tensor.square().sum()
}

/// Whether the numbers of a tensor on `device` lie in this program's memory, so that reading one waits for nothing.
pub fn is_on_host(device: &Device) -> bool {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return cpu::on_cpu(device);
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    {
        let _ = device;
        false
    }
}
