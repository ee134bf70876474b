//! Opens GPUs of NVIDIA. Burn's constructor is lazy, and panics at the first operation if there is no such GPU; CubeCL tells
//! before.

use burn::tensor::Device;
use cubecl::device::DeviceUnavailable;

use super::spec::DeviceSpec;
use crate::Error;

/// Opens the GPU of this index.
pub(crate) fn open(index: usize) -> Result<Device, Error> {
    let found = match cubecl::Device::cuda(index) {
        Ok(_) => return Ok(Device::cuda(index)),
        Err(DeviceUnavailable::NoSuchDevice { available, .. }) => available,
        Err(DeviceUnavailable::NotLinked(_)) => 0,
    };
    Err(Error::NoCuda { device: DeviceSpec::Cuda(index), found })
}
