//! [`open`], [`describe`], [`is_on_host`]: opens a device by its name, and tells where its memory is.

use burn::tensor::Device;

use super::spec::DeviceSpec;
use crate::Error;

/// Opens a device for inference. [`Device::autodiff`] of the result is the device for training.
///
/// Opening the same device twice returns the same device.
///
/// # Errors
/// [`Error::NotCompiledIn`], for wgpu [`Error::NoAdapter`] or [`Error::CannotOpen`], and for CUDA [`Error::NoCuda`].
pub fn open(spec: &DeviceSpec) -> Result<Device, Error> {
    match spec {
        #[cfg(feature = "flex")]
        DeviceSpec::Flex => Ok(Device::flex()),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated)] // Burn deprecates it; the conformance tests compare it.
        DeviceSpec::NdArray => Ok(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        DeviceSpec::Wgpu(adapter) => super::wgpu::open(*adapter),
        #[cfg(feature = "cuda")]
        DeviceSpec::Cuda(index) => super::cuda::open(*index),
        #[allow(unreachable_patterns)] // Reachable as soon as one feature is off.
        absent => Err(Error::NotCompiledIn { backend: absent.backend() }),
    }
}

/// Opens a device and returns name, kind, graphics API and driver of its adapter, or `None` for a backend
/// without adapters.
///
/// # Errors
/// Those of [`open`].
pub fn describe(spec: &DeviceSpec) -> Result<Option<String>, Error> {
    match spec {
        #[cfg(feature = "wgpu")]
        DeviceSpec::Wgpu(adapter) => super::wgpu::describe(*adapter).map(Some),
        other => open(other).map(|_| None),
    }
}

/// Whether tensors on `device` lie in this program's memory, so that reading one does not wait.
pub fn is_on_host(device: &Device) -> bool {
    #[cfg(any(feature = "flex", feature = "ndarray"))]
    return super::host::is_on_host(device);
    #[cfg(not(any(feature = "flex", feature = "ndarray")))]
    {
        let _ = device;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;

    #[test]
    fn a_backend_of_this_build_opens_and_another_says_which_feature_to_add() {
        for (spec, backend) in [(DeviceSpec::Flex, Backend::Flex), (DeviceSpec::NdArray, Backend::NdArray)] {
            match open(&spec) {
                Ok(_) => assert!(backend.is_compiled_in()),
                Err(error) => {
                    assert!(!backend.is_compiled_in());
                    assert_eq!(
                        error.to_string(),
                        format!("this build has no {backend}: add `--features {backend}`")
                    );
                }
            }
        }
    }
}
