//! [`Constants`]: the numbers of optimizer steps in the memory of a GPU.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Cube, TensorMetadata};
use burn::tensor::{Device, TensorData};
use burn_cubecl::tensor::CubeTensor;

use super::rule::Update;
use super::step::Step;
use crate::cube::{CONSTANTS, constants};
use crate::devices::cube;

/// The numbers of several optimizer steps (learning rate, weight decay, and what a rule computes from the number of the step) in the
/// memory of a GPU, where a step that was [recorded](crate::record()) finds them.
#[derive(Clone, Debug)]
pub struct Constants(CubeTensor);

impl Constants {
    /// Copies the numbers of these steps to `device`; `None` if it is no GPU with kernels of this crate.
    pub fn new(updates: &[Update], device: &Device) -> Option<Self> {
        let gpu = cube::on_gpu(device)?;
        let numbers = TensorData::new(numbers(updates), [updates.len() * CONSTANTS]);
        Some(Self(cube::from_burn(Cube::float_from_data(numbers, &gpu))))
    }

    /// Replaces the numbers by those of as many other steps.
    ///
    /// # Panics
    /// If their number is another.
    pub fn set(&self, updates: &[Update]) {
        cube::overwrite(&self.0, numbers(updates));
    }

    pub(super) fn tensor(&self) -> &CubeTensor {
        &self.0
    }

    /// Number of steps.
    pub(super) fn len(&self) -> usize {
        self.0.shape().num_elements() / CONSTANTS
    }
}

fn numbers(updates: &[Update]) -> Vec<f32> {
    updates.iter().flat_map(|update| constants(&Step::new(update))).collect()
}
