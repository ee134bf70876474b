//! [`Host`]: a backend whose tensors lie in this program's memory.

#![allow(deprecated)] // The ndarray backend is, by Burn, and is a subject of our conformance tests.

#[cfg(feature = "ndarray")]
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Tensor, TensorData};

use crate::kernels::shape::Layout;

/// A backend whose f32 tensors can be read, and made, as slices without a copy.
pub(crate) trait Host: Backend {
    /// The numbers, if they lie row-major and without gaps.
    fn slice(tensor: &FloatTensor<Self>) -> Option<&[f32]>;

    /// The numbers row-major, to be changed: copied if they do not lie so, or if another tensor has them, too.
    fn to_slice_mut(tensor: &mut FloatTensor<Self>) -> &mut [f32];

    /// The same tensor, its numbers copied to where they lie row-major.
    fn to_row_major(tensor: &FloatTensor<Self>) -> FloatTensor<Self>;

    /// A tensor of these numbers.
    fn tensor(data: TensorData) -> FloatTensor<Self>;

    /// The backend's part of a tensor without autodiff, if it is on this backend.
    fn unpack<const D: usize>(tensor: Tensor<D>) -> Option<FloatTensor<Self>>;

    /// The tensor that [`unpack`](Self::unpack) takes apart.
    fn pack<const D: usize>(tensor: FloatTensor<Self>) -> Tensor<D>;
}

/// The numbers of `tensor` row-major, copied only if they do not lie so.
pub(super) fn with_slice<B: Host, T>(tensor: &FloatTensor<B>, then: impl FnOnce(&[f32]) -> T) -> T {
    match B::slice(tensor) {
        Some(slice) => then(slice),
        None => {
            let copy = B::to_row_major(tensor);
            // What `to_row_major` returns lies row-major, which is all that `slice` asks for.
            #[allow(clippy::expect_used)]
            then(B::slice(&copy).expect("a row-major tensor is a slice"))
        }
    }
}

/// The numbers of images `[batch, channels, height, width]` in one of the orders the kernels know, copied only if
/// they lie in neither.
pub(super) fn with_images<B: Host, T>(tensor: &FloatTensor<B>, then: impl FnOnce(&[f32], Layout) -> T) -> T {
    if B::slice(tensor).is_none() {
        let channels_last = B::float_permute(tensor.clone(), &[0, 2, 3, 1]);
        if let Some(slice) = B::slice(&channels_last) {
            return then(slice, Layout::ChannelsLast);
        }
    }
    with_slice::<B, T>(tensor, |slice| then(slice, Layout::ChannelsFirst))
}

/// A tensor `[batch, channels, height, width]` of numbers that lie in the order `layout`.
pub(super) fn from_images<B: Host>(values: Vec<f32>, dims: [usize; 4], layout: Layout) -> FloatTensor<B> {
    let [batch, channels, height, width] = dims;
    match layout {
        Layout::ChannelsFirst => B::tensor(TensorData::new(values, dims)),
        Layout::ChannelsLast => {
            let tensor = B::tensor(TensorData::new(values, [batch, height, width, channels]));
            B::float_permute(tensor, &[0, 3, 1, 2])
        }
    }
}

/// The sizes of a tensor of a known rank.
pub(super) fn dims<const D: usize>(tensor: &impl TensorMetadata) -> [usize; D] {
    tensor.shape().dims()
}

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

    #[allow(clippy::unreachable)] // Who asks has looked at the type.
    fn to_slice_mut(tensor: &mut FloatTensor<Self>) -> &mut [f32] {
        if Self::slice(tensor).is_none() {
            *tensor = Self::to_row_major(tensor);
        }
        match tensor {
            // A row-major tensor is a slice.
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
        // The tensor lies in this program's memory: there is nothing to wait for, and no device to fail.
        #[allow(clippy::expect_used)]
        let data = data.and_then(Result::ok).expect("a tensor of ndarray is at hand");
        Self::tensor(data)
    }

    fn tensor(data: TensorData) -> FloatTensor<Self> {
        FloatTensor::<Self>::from_data(data)
    }
}
