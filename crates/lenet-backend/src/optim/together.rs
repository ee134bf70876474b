//! [`Clipping`] and [`MovingAverages`]: changes of several tensors, which a GPU makes together.

use burn::tensor::Tensor;

#[cfg(feature = "gpu")]
use super::alike::are_alike;
use super::elementwise::{clamp, moving_average};
#[cfg(feature = "gpu")]
use crate::cube::{Change, change, unshared};
#[cfg(feature = "gpu")]
use crate::devices::cube;

/// How [`Clipping`] clips gradients.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one value for each step")]
pub enum Clip {
    /// Multiplies by min(1, limit / (norm + 1e-6)), for the norm `[1]` of all gradients: PyTorch's `clip_grad_norm_`.
    Norm {
        /// The norm, on the device of the gradients.
        norm: Tensor<1>,
        /// The largest norm.
        limit: f64,
    },
    /// Clamps every number to `-limit..=limit`; NaN stays NaN: PyTorch's `clip_grad_value_`.
    Value {
        /// The largest number, 0 or more.
        limit: f64,
    },
}

/// Clips gradients without waiting for the device.
///
/// ```
/// use burn::tensor::Tensor;
/// use lenet_backend::optim::{Clip, Clipping};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let mut clipping = Clipping::new(Clip::Value { limit: 1.0 });
/// let clipped = clipping.add(Tensor::<1>::from_floats([3.0, -0.5], &device));
/// drop(clipping);
/// assert_eq!(clipped.sum().into_scalar::<f32>(), 0.5);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
#[derive(Debug)]
pub struct Clipping {
    clip: Clip,
    #[cfg(feature = "gpu")]
    tensors: Vec<burn_cubecl::tensor::CubeTensor>,
}

impl Clipping {
    /// Clips in this way.
    pub fn new(clip: Clip) -> Self {
        Self {
            clip,
            #[cfg(feature = "gpu")]
            tensors: Vec::new(),
        }
    }

    /// Adds a gradient, without autodiff, and returns the tensor that has the clipped one once this value is dropped;
    /// until then nothing may read it. Changes the gradient in place if no other tensor shares its numbers.
    ///
    /// # Panics
    /// If the limit is negative or NaN and the gradient is clamped.
    pub fn add<const D: usize>(&mut self, gradient: Tensor<D>) -> Tensor<D> {
        #[cfg(feature = "gpu")]
        if cube::holds_beside(&gradient, self.tensors.first()) && self.is_on_gpu(&gradient) {
            let tensor = unshared(cube::unpack(gradient));
            self.tensors.push(tensor.clone());
            return cube::pack(tensor);
        }
        match &self.clip {
            Clip::Norm { norm, limit } => {
                let limit = Tensor::<1>::full([1], *limit, &norm.device());
                let factor = limit.div(norm.clone().add_scalar(1e-6)).clamp_max(1.0);
                gradient.mul(factor.reshape([1; D]))
            }
            Clip::Value { limit } => clamp(gradient, *limit),
        }
    }

    /// Whether the kernel can read the norm.
    #[cfg(feature = "gpu")]
    fn is_on_gpu<const D: usize>(&self, gradient: &Tensor<D>) -> bool {
        match &self.clip {
            Clip::Norm { norm, .. } => cube::holds(norm) && norm.device() == gradient.device(),
            Clip::Value { limit } => *limit >= 0.0,
        }
    }
}

impl Drop for Clipping {
    /// Runs the clipping that was put off.
    fn drop(&mut self) {
        #[cfg(feature = "gpu")]
        if !self.tensors.is_empty() {
            let clip = match &self.clip {
                Clip::Norm { norm, limit } => {
                    Change::ClipNorm { norm: cube::unpack(norm.clone()), limit: *limit as f32 }
                }
                Clip::Value { limit } => Change::Clamp { limit: *limit as f32 },
            };
            change(&self.tensors, &clip);
        }
    }
}

/// Moving averages of several tensors: average ← decay · average + (1 − decay) · value.
#[derive(Debug)]
pub struct MovingAverages {
    decay: f64,
    #[cfg(feature = "gpu")]
    averages: Vec<burn_cubecl::tensor::CubeTensor>,
    #[cfg(feature = "gpu")]
    values: Vec<burn_cubecl::tensor::CubeTensor>,
}

impl MovingAverages {
    /// Averages with this decay.
    pub fn new(decay: f64) -> Self {
        Self {
            decay,
            #[cfg(feature = "gpu")]
            averages: Vec::new(),
            #[cfg(feature = "gpu")]
            values: Vec::new(),
        }
    }

    /// Adds a tensor, without autodiff, and returns the tensor that has the new average once this value is dropped; until
    /// then nothing may read it. See [`moving_average`].
    ///
    /// # Panics
    /// As Burn's operations do, if the shapes or devices differ.
    pub fn add<const D: usize>(&mut self, average: Tensor<D>, value: Tensor<D>) -> Tensor<D> {
        #[cfg(feature = "gpu")]
        if cube::holds_beside(&average, self.averages.first()) && are_alike(&average, [&value]) {
            let average = unshared(cube::unpack(average));
            self.averages.push(average.clone());
            self.values.push(burn_cubecl::kernel::into_contiguous(cube::unpack(value)));
            return cube::pack(average);
        }
        moving_average(average, value, self.decay)
    }
}

impl Drop for MovingAverages {
    /// Computes the averages that were put off.
    fn drop(&mut self) {
        #[cfg(feature = "gpu")]
        {
            let (decay, one_minus_decay) = (self.decay as f32, (1.0 - self.decay) as f32);
            let values = std::mem::take(&mut self.values);
            change(&self.averages, &Change::Average { values, decay, one_minus_decay });
        }
    }
}
