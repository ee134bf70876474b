//! [`are_alike`]: whether tensors can be combined number by number.

use burn::tensor::Tensor;

/// Whether all others have the type, shape and device of the first tensor.
pub(super) fn are_alike<'a, const D: usize>(
    first: &Tensor<D>,
    others: impl IntoIterator<Item = &'a Tensor<D>>,
) -> bool {
    let (dtype, dims, device) = (first.dtype(), first.dims(), first.device());
    let is_alike =
        |other: &Tensor<D>| other.dtype() == dtype && other.dims() == dims && other.device() == device;
    others.into_iter().all(is_alike)
}
