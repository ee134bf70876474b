//! [`Array`]: numbers on the host, on their way to a device or back.

use burn::tensor::{Tensor, TensorData};

use lenet_oracle as oracle;

use crate::{Error, Subject};

/// Numbers with a shape, row-major. They are f64 so that they hold f32 and f64 alike, without rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The shape.
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub values: Vec<f64>,
}

impl Array {
    /// The numbers that `value` gives for each position, counted row by row.
    pub fn from_fn(shape: &[usize], value: impl FnMut(usize) -> f64) -> Self {
        Self { shape: shape.to_vec(), values: (0..shape.iter().product()).map(value).collect() }
    }

    /// The same number everywhere.
    pub fn filled(shape: &[usize], value: f64) -> Self {
        Self::from_fn(shape, |_| value)
    }

    /// A copy on the device of `subject`, in its precision, with autodiff and not tracked.
    pub fn on<const D: usize>(&self, subject: &Subject) -> Tensor<D> {
        let data = TensorData::new(self.values.clone(), self.shape.clone());
        Tensor::from_data(data, &subject.device)
    }

    /// A copy of `tensor` on the host. Waits for the device.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn read<const D: usize>(tensor: Tensor<D>) -> Result<Self, Error> {
        let shape = tensor.dims().to_vec();
        let values = tensor.try_into_vec_as::<f64>().map_err(|error| Error::Read(error.to_string()))?;
        Ok(Self { shape, values })
    }

    /// The numbers as exact inputs of the oracle.
    pub fn to_oracle(&self) -> oracle::Tensor {
        oracle::Tensor::exact(&self.shape, self.values.clone())
    }

    /// A matrix with rows and columns exchanged; anything else as it is. Burn keeps the weights of a linear layer the
    /// other way round than PyTorch and the oracle.
    pub fn transposed(self) -> Self {
        let [rows, columns] = self.shape[..] else { return self };
        Self::from_fn(&[columns, rows], |at| self.values[at % rows * columns + at / rows])
    }

    /// Arrays of one shape, one after the other along the first dimension; `None` of none.
    pub fn stack(arrays: Vec<Self>) -> Option<Self> {
        let rows = arrays.iter().map(|array| array.shape[0]).sum();
        let shape = [&[rows], arrays.first()?.shape.get(1..)?].concat();
        Some(Self { shape, values: arrays.into_iter().flat_map(|array| array.values).collect() })
    }

    /// The position of number `at`, counted row by row.
    pub fn index(shape: &[usize], mut at: usize) -> Vec<usize> {
        let mut index = vec![0; shape.len()];
        for (place, size) in index.iter_mut().zip(shape).rev() {
            (*place, at) = (at % size, at / size);
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
        assert_eq!(Array::index(&[2, 3, 4], 0), [0, 0, 0]);
        assert_eq!(Array::index(&[2, 3, 4], 17), [1, 1, 1]);
    }
}
