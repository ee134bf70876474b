//! Tensors of images as slices, in either of the two layouts that the kernels read.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use crate::devices::host::{Host, with_slice};
use crate::kernels::conv::Layout;

/// Calls `then` with the numbers of images `[batch, channels, height, width]` and their layout. Copies them
/// only if they lie in neither layout.
pub(super) fn with_images<B: Host, T>(tensor: &FloatTensor<B>, then: impl FnOnce(&[f32], Layout) -> T) -> T {
    if B::slice(tensor).is_none() {
        let channels_last = B::float_permute(tensor.clone(), &[0, 2, 3, 1]);
        if let Some(slice) = B::slice(&channels_last) {
            return then(slice, Layout::ChannelsLast);
        }
    }
    with_slice::<B, T>(tensor, |slice| then(slice, Layout::ChannelsFirst))
}

/// A tensor `[batch, channels, height, width]` of numbers that lie in `layout`.
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
