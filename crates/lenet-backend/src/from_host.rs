//! [`floats`] and [`integers`]: tensors of numbers in this program's memory; [`number`]: the other way.

use burn::backend::Dispatch;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
#[cfg(feature = "flex")]
use burn::backend::{BackendTensor, DispatchTensorKind};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::stock::stock;

/// The tensor of these numbers, as `Tensor::from_data` makes it, but without Burn's conversions from every type to every
/// other one where there is nothing to convert.
///
/// ```
/// use burn::tensor::{Tensor, TensorData};
///
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// let numbers = TensorData::new(vec![1.0_f32, 2.0, 3.0, 4.0], [2, 2]);
/// let x: Tensor<2> = lenet_backend::floats(numbers, &device);
/// assert_eq!(x.sum().into_scalar::<f32>(), 10.0);
/// # Ok::<(), lenet_backend::Error>(())
/// ```
///
/// # Panics
/// If the data have another rank than the tensor, or no floating-point type.
pub fn floats<const D: usize>(data: TensorData, device: &Device) -> Tensor<D> {
    assert!(data.shape().len() == D, "expected numbers of rank {D}, found the shape {}", data.shape());
    if data.dtype() == DType::from(device.settings().float_dtype) {
        return Tensor::from_dispatch(Dispatch::float_from_data(data, device.as_dispatch()));
    }
    stock(|| Tensor::from_data(data, device))
}

/// The tensor `[values]`, in the integer type of the device, as `Tensor::from_data` makes it.
pub fn integers(values: &[i64], device: &Device) -> Tensor<1, Int> {
    let shape = [values.len()];
    let data = match device.settings().int_dtype.into() {
        DType::I64 => TensorData::new(values.to_vec(), shape),
        DType::I32 => TensorData::new(values.iter().map(|value| *value as i32).collect::<Vec<_>>(), shape),
        _ => return stock(|| Tensor::from_data(TensorData::new(values.to_vec(), shape), device)),
    };
    Tensor::from_dispatch(Dispatch::int_from_data(data, device.as_dispatch()))
}

/// The number of a tensor `[1]` of f32 on flex, without autodiff: reading it there neither waits nor copies. Returns `None` for
/// any other tensor.
///
/// ```
/// let device = lenet_backend::open(&"flex".parse()?)?;
/// assert_eq!(lenet_backend::number(&burn::tensor::Tensor::ones([1], &device)), Some(1.0));
/// # Ok::<(), lenet_backend::Error>(())
/// ```
pub fn number(tensor: &Tensor<1>) -> Option<f32> {
    #[cfg(feature = "flex")]
    return match tensor.clone().into_dispatch().kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) if tensor.dtype() == DType::F32 => {
            tensor.as_slice::<f32>()?.first().copied()
        }
        _ => None,
    };
    #[cfg(not(feature = "flex"))]
    {
        let _ = tensor;
        None
    }
}
