//! [`Array`]: a tensor on the host, to upload to a device or read back from it.

use burn::tensor::{Tensor, TensorData};
use lenet_oracle as oracle;

use crate::{Error, Subject};

/// A row-major tensor on the host. The values are f64, which represents f32 and f64 results without rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: Vec<f64>,
}

impl Array {
    /// Calls `value` with each row-major offset.
    pub fn from_fn(shape: &[usize], value: impl FnMut(usize) -> f64) -> Self {
        Self { shape: shape.to_vec(), values: (0..shape.iter().product()).map(value).collect() }
    }

    /// An array whose elements are all `value`.
    pub fn filled(shape: &[usize], value: f64) -> Self {
        Self::from_fn(shape, |_| value)
    }

    /// Copies the array to the subject's device, in its float type. Autodiff does not track the tensor.
    pub fn to_device<const D: usize>(&self, subject: &Subject) -> Tensor<D> {
        let data = TensorData::new(self.values.clone(), self.shape.clone());
        Tensor::from_data(data, &subject.device)
    }

    /// Copies `tensor` to the host. Waits for the device.
    ///
    /// # Errors
    /// [`Error::Read`] if the device does not return the tensor.
    pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Self, Error> {
        let shape = tensor.dims().to_vec();
        let values = tensor.try_into_vec_as::<f64>().map_err(|error| Error::Read(error.to_string()))?;
        Ok(Self { shape, values })
    }

    /// The array as an oracle tensor without error.
    pub fn to_oracle(&self) -> oracle::Tensor {
        oracle::Tensor::exact(&self.shape, self.values.clone())
    }

    /// Transposes a matrix; returns an array of any other rank unchanged. Burn stores the weight of a linear
    /// layer as `[inputs, outputs]`, PyTorch and the oracle as `[outputs, inputs]`.
    pub fn transposed(self) -> Self {
        let [rows, columns] = self.shape[..] else { return self };
        Self::from_fn(&[columns, rows], |at| self.values[at % rows * columns + at / rows])
    }

    /// Concatenates arrays along the first dimension; their other dimensions must be equal. `None` if there
    /// are no arrays.
    pub fn stack(arrays: Vec<Self>) -> Option<Self> {
        let rows = arrays.iter().map(|array| array.shape[0]).sum();
        let shape = [&[rows], arrays.first()?.shape.get(1..)?].concat();
        Some(Self { shape, values: arrays.into_iter().flat_map(|array| array.values).collect() })
    }

    /// Multi-dimensional index of row-major offset `offset`.
    pub fn unravel_index(shape: &[usize], mut offset: usize) -> Vec<usize> {
        let mut index = vec![0; shape.len()];
        for (place, size) in index.iter_mut().zip(shape).rev() {
            (*place, offset) = (offset % size, offset / size);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_transposed_and_nothing_else() {
        let matrix = Array::from_fn(&[2, 3], |at| at as f64);
        assert_eq!(matrix.transposed(), Array { shape: vec![3, 2], values: vec![0., 3., 1., 4., 2., 5.] });
        let bias = Array::filled(&[3], 1.0);
        assert_eq!(bias.clone().transposed(), bias);
    }

    #[test]
    fn an_index_counts_row_by_row() {
        assert_eq!(Array::unravel_index(&[2, 3, 4], 0), [0, 0, 0]);
        assert_eq!(Array::unravel_index(&[2, 3, 4], 17), [1, 1, 1]);
    }
}
