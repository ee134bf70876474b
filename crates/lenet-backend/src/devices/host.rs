//! [`Host`]: a backend whose tensors lie in this program's memory.

#![allow(deprecated)] // Burn deprecates the ndarray backend; the conformance tests compare it.

#[cfg(feature = "flex")]
use burn::backend::TensorMetadata;
#[cfg(feature = "ndarray")]
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, DispatchDevice};
use burn::tensor::{Device, Tensor, TensorData};

/// A backend whose f32 tensors can be read, and made, as slices, without a copy.
pub(crate) trait Host: Backend {
    /// The numbers, if the tensor is contiguous (row-major, without gaps).
    fn slice(tensor: &FloatTensor<Self>) -> Option<&[f32]>;

    /// The numbers, row-major, to be changed. Copies them if the tensor is not contiguous or shares them with
    /// another one.
    fn to_slice_mut(tensor: &mut FloatTensor<Self>) -> &mut [f32];

    /// A contiguous copy of the tensor.
    fn to_row_major(tensor: &FloatTensor<Self>) -> FloatTensor<Self>;

    /// A tensor of these numbers.
    fn tensor(data: TensorData) -> FloatTensor<Self>;

    /// The backend's tensor inside a tensor without autodiff, if it is on this backend.
    fn unpack<const D: usize>(tensor: Tensor<D>) -> Option<FloatTensor<Self>>;

    /// The inverse of [`unpack`](Self::unpack).
    fn pack<const D: usize>(tensor: FloatTensor<Self>) -> Tensor<D>;
}

/// Calls `then` with the numbers of `tensor`, row-major. Copies them only if the tensor is not contiguous.
pub(crate) fn with_slice<B: Host, T>(tensor: &FloatTensor<B>, then: impl FnOnce(&[f32]) -> T) -> T {
    match B::slice(tensor) {
        Some(slice) => then(slice),
        None => {
            let copy = B::to_row_major(tensor);
            // `to_row_major` returns a contiguous tensor, and `slice` requires nothing else.
            #[allow(clippy::expect_used)]
            then(B::slice(&copy).expect("a row-major tensor is a slice"))
        }
    }
}

/// Whether the kernels can read the memory of this device.
pub(crate) fn is_on_host(device: &Device) -> bool {
    match device.clone().inner().as_dispatch() {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "ndarray")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
        _ => false,
    }
}

/// `Some($function::<B, D>)` for the backend `B` of the tensor, if `B` is a CPU backend, the tensor is not on
/// autodiff, and its type is f32; else `None`.
macro_rules! on_host {
    ($tensor:expr, $function:ident::<$D:ident>) => {
        match $tensor.device().as_dispatch() {
            _ if $tensor.dtype() != burn::tensor::DType::F32 => None,
            #[cfg(feature = "flex")]
            burn::backend::DispatchDevice::Flex(_) => Some($function::<burn::backend::Flex, $D>),
            #[cfg(feature = "ndarray")]
            burn::backend::DispatchDevice::NdArray(_) => Some($function::<burn::backend::NdArray, $D>),
            #[allow(unreachable_patterns)] // Reachable as soon as another backend is compiled in.
            _ => None,
        }
    };
}
pub(crate) use on_host;

#[cfg(feature = "flex")]
impl Host for burn::backend::Flex {
    fn slice(tensor: &FloatTensor<Self>) -> Option<&[f32]> {
        tensor.as_slice::<f32>()
    }

    fn to_slice_mut(tensor: &mut FloatTensor<Self>) -> &mut [f32] {
        let whole = (0, tensor.bytes().len() / size_of::<f32>());
        if tensor.layout().contiguous_offsets() != Some(whole) {
            let numbers = with_slice::<Self, _>(tensor, <[f32]>::to_vec);
            *tensor = Self::tensor(TensorData::new(numbers, tensor.shape()));
        }
        tensor.storage_mut()
    }

    fn to_row_major(tensor: &FloatTensor<Self>) -> FloatTensor<Self> {
        tensor.to_contiguous()
    }

    fn unpack<const D: usize>(tensor: Tensor<D>) -> Option<FloatTensor<Self>> {
        tensor.try_into_primitive::<Self>().ok()
    }

    fn pack<const D: usize>(tensor: FloatTensor<Self>) -> Tensor<D> {
        Tensor::from_primitive::<Self>(tensor)
    }

    fn tensor(data: TensorData) -> FloatTensor<Self> {
        FloatTensor::<Self>::from_data(data)
    }
}

#[cfg(feature = "ndarray")]
impl Host for burn::backend::NdArray {
    fn slice(tensor: &FloatTensor<Self>) -> Option<&[f32]> {
        match tensor {
            burn::backend::ndarray::NdArrayTensor::F32(storage) => storage.view().to_slice(),
            _ => None,
        }
    }

    #[allow(clippy::unreachable)] // Every caller has checked the type.
    fn to_slice_mut(tensor: &mut FloatTensor<Self>) -> &mut [f32] {
        if Self::slice(tensor).is_none() {
            *tensor = Self::to_row_major(tensor);
        }
        match tensor {
            // `to_row_major` has made it contiguous.
            #[allow(clippy::expect_used)]
            burn::backend::ndarray::NdArrayTensor::F32(storage) => {
                storage.ensure_owned().as_slice_mut().expect("a row-major tensor is a slice")
            }
            _ => unreachable!("the kernels are for f32"),
        }
    }

    fn unpack<const D: usize>(tensor: Tensor<D>) -> Option<FloatTensor<Self>> {
        tensor.try_into_primitive::<Self>().ok()
    }

    fn pack<const D: usize>(tensor: FloatTensor<Self>) -> Tensor<D> {
        Tensor::from_primitive::<Self>(tensor)
    }

    fn to_row_major(tensor: &FloatTensor<Self>) -> FloatTensor<Self> {
        let data =
            burn::tensor::try_read_sync(<Self as FloatTensorOps<Self>>::float_into_data(tensor.clone()));
        // The tensor lies in this program's memory: reading it neither waits nor fails.
        #[allow(clippy::expect_used)]
        let data = data.and_then(Result::ok).expect("a tensor in host memory is readable");
        Self::tensor(data)
    }

    fn tensor(data: TensorData) -> FloatTensor<Self> {
        FloatTensor::<Self>::from_data(data)
    }
}
