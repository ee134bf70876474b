//! From a name to a device.

use burn::tensor::Device;

use crate::{DeviceSpec, Error};

/// Opens `spec` for inference; call [`Device::autodiff`] on the result to train on it.
///
/// Opening the same device twice gives the same device.
///
/// # Errors
/// [`Error::NotCompiledIn`], and for wgpu [`Error::NoAdapter`] or [`Error::CannotOpen`].
pub fn open(spec: &DeviceSpec) -> Result<Device, Error> {
    match spec {
        #[cfg(feature = "flex")]
        DeviceSpec::Flex => Ok(Device::flex()),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated)] // Deprecated by Burn, and a subject of our conformance tests.
        DeviceSpec::NdArray => Ok(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        DeviceSpec::Wgpu(adapter) => crate::wgpu::open(*adapter),
        #[allow(unreachable_patterns)] // Reachable as soon as one feature is off.
        absent => Err(Error::NotCompiledIn { backend: absent.backend() }),
    }
}

/// Name, kind, graphics API and driver of the adapter behind `spec`; `None` for a backend that has no adapters. Opens it.
///
/// # Errors
/// As [`open`].
pub fn describe(spec: &DeviceSpec) -> Result<Option<String>, Error> {
    match spec {
        #[cfg(feature = "wgpu")]
        DeviceSpec::Wgpu(adapter) => crate::wgpu::describe(*adapter).map(Some),
        other => open(other).map(|_| None),
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
