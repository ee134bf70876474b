//! Tensors of Burn's backend for GPUs, which runs kernels of CubeCL.
//!
//! Burn's feature `fusion`, which another crate of a program may switch on, wraps that backend in one that records
//! operations. Its tensors are not ours to read, so such a program runs Burn's own operations.

use std::any::{Any, TypeId};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Cube, DispatchDevice};
use burn::tensor::{Bytes, DType, Device, Element, Tensor};
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeBackend, CubeDevice};

/// Whether the kernels can run on this device, with autodiff or without.
pub(crate) fn is_on_gpu(device: &Device) -> bool {
    is_gpu(&device.clone().inner())
}

/// Whether the kernels can run on this device, and it is without autodiff.
fn is_gpu(device: &Device) -> bool {
    let is_plain = TypeId::of::<Cube>() == TypeId::of::<CubeBackend>();
    is_plain && matches!(device.as_dispatch(), DispatchDevice::Cube(_))
}

/// The GPU, with autodiff or without, if the kernels can run on it.
pub(crate) fn on_gpu(device: &Device) -> Option<CubeDevice> {
    let device = device.clone().inner();
    match device.as_dispatch() {
        DispatchDevice::Cube(gpu) if is_gpu(&device) => Some(gpu.clone()),
        _ => None,
    }
}

/// Writes other numbers into the memory of a tensor, after the work that was launched before: all tensors that share it have
/// them.
pub(crate) fn overwrite<N: Element>(tensor: &CubeTensor, numbers: Vec<N>) {
    let expected = tensor.meta.shape().num_elements();
    assert!(
        numbers.len() == expected && N::dtype() == tensor.dtype,
        "expected {expected} numbers, found {}",
        numbers.len()
    );
    assert!(tensor.is_contiguous(), "expected a row-major tensor");
    tensor.client.write(&tensor.handle, Bytes::from_elems(numbers));
}

/// Whether the kernels can change this tensor: it is not empty, of f32, on a GPU, and without autodiff.
pub(crate) fn holds<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.shape().num_elements() > 0 && is_gpu(&tensor.device())
}

/// As [`holds`], for a tensor that a kernel takes beside an `other` one.
pub(crate) fn holds_beside<const D: usize>(tensor: &Tensor<D>, other: Option<&CubeTensor>) -> bool {
    let is_there = |other: &CubeTensor| matches!(tensor.device().as_dispatch(), DispatchDevice::Cube(device) if *device == other.device);
    holds(tensor) && other.is_none_or(is_there)
}

/// The tensor as CubeCL's. [`is_on_gpu`] was true for its device.
pub(crate) fn from_burn(tensor: FloatTensor<Cube>) -> CubeTensor {
    same(tensor)
}

/// The inverse of [`from_burn`].
pub(crate) fn to_burn(tensor: CubeTensor) -> FloatTensor<Cube> {
    same(tensor)
}

/// The GPU's tensor inside a tensor for which [`holds`] is true.
#[allow(clippy::expect_used)]
pub(crate) fn unpack<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    from_burn(tensor.try_into_primitive::<Cube>().expect("a tensor on a GPU, without autodiff"))
}

/// The inverse of [`unpack`].
pub(crate) fn pack<const D: usize>(tensor: CubeTensor) -> Tensor<D> {
    Tensor::from_primitive::<Cube>(to_burn(tensor))
}

/// Casts a value to its own type.
#[allow(clippy::expect_used)]
fn same<A: 'static, B: 'static>(value: A) -> B {
    let mut value = Some(value);
    let same = (&mut value as &mut dyn Any).downcast_mut::<Option<B>>().and_then(Option::take);
    same.expect("`is_on_gpu` has compared the types")
}
