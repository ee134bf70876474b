//! What hooks of a training do with every number at every step, in one pass each. No tensor is on autodiff.

use burn::tensor::{Device, Tensor};

#[cfg(any(feature = "flex", feature = "ndarray"))]
use super::{cpu, in_place};
#[cfg(any(feature = "flex", feature = "ndarray"))]
use crate::kernels::{Isa, passes};

/// `decay · average + (1 − decay) · value`. `average` is changed in place where no other tensor shares its numbers.
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
    if let Some(follow) = in_place::moving_average_of(&average, &value) {
        return follow(average, value, decay as f32, (1.0 - decay) as f32);
    }
    average.mul_scalar(decay).add(value.mul_scalar(1.0 - decay))
}

/// `tensor · factor`, in place where no other tensor shares its numbers.
pub fn scale<const D: usize>(tensor: Tensor<D>, factor: f64) -> Tensor<D> {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(change) = in_place::change_of(&tensor) {
        return change(tensor, &|numbers| passes::scale(Isa::best(), numbers, factor as f32));
    }
    tensor.mul_scalar(factor)
}

/// Every number brought between `-limit` and `limit`, in place where no other tensor shares them. NaN stays NaN.
///
/// # Panics
/// If `limit` is negative or NaN.
pub fn clamp<const D: usize>(tensor: Tensor<D>, limit: f64) -> Tensor<D> {
    assert!(limit >= 0.0, "the limit is {limit}, expected 0 or more");
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    if let Some(change) = in_place::change_of(&tensor) {
        return change(tensor, &|numbers| passes::clamp(Isa::best(), numbers, limit as f32));
    }
    tensor.clamp(-limit, limit)
}

/// The Euclidean norm of several tensors taken as one vector.
///
/// On a CPU backend the squares are added up in f64, in an order that depends on the numbers of numbers alone.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::GlobalNorm;
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let mut norm = GlobalNorm::default();
/// norm.add(Tensor::<1>::from_floats([3.0], &device));
/// norm.add(Tensor::<2>::from_floats([[4.0, 0.0]], &device));
/// assert_eq!(norm.get().map(|norm| norm.into_scalar::<f32>()), Some(5.0));
/// # Ok::<(), lenet_backend::Error>(())
/// ```
#[derive(Default)]
pub struct GlobalNorm {
    /// The sum of the squares that could be added up here, and where those numbers are.
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    here: Option<(f64, Device)>,
    /// That of the others, on their device.
    there: Option<Tensor<1>>,
}

impl GlobalNorm {
    /// Takes the numbers of a tensor in. Does not wait for the device.
    pub fn add<const D: usize>(&mut self, tensor: Tensor<D>) {
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        if let Some(square_sum) = in_place::square_sum_of(&tensor) {
            let (sum, _) = self.here.get_or_insert_with(|| (0.0, tensor.device()));
            *sum += square_sum(tensor);
            return;
        }
        let squares = tensor.square().sum();
        self.there = Some(match self.there.take() {
            Some(sum) => sum.add(squares),
            None => squares,
        });
    }

    /// The norm, `[1]`, on the device of the tensors; `None` if there were none.
    pub fn get(self) -> Option<Tensor<1>> {
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        if let Some((sum, device)) = self.here {
            let there = self.there.map(|sum| sum.to_device(&device));
            let here = |sum: f64| Tensor::from_data([sum as f32], &device);
            return Some(match there {
                Some(there) => there.add(here(sum)).sqrt(),
                None => here(sum.sqrt()),
            });
        }
        self.there.map(Tensor::sqrt)
    }
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
