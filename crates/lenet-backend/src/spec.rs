//! [`DeviceSpec`]: a device as a user writes it.

use std::fmt;
use std::str::FromStr;

use crate::{Backend, Error};

/// A device by name: `flex`, `ndarray`, `wgpu`, `wgpu:0`, `wgpu:cpu`.
///
/// Parsing never touches a device, so a name is valid on machines that do not have it.
///
/// ```
/// use lenet_backend::{DeviceSpec, WgpuAdapter};
///
/// assert_eq!("wgpu:1".parse(), Ok(DeviceSpec::Wgpu(WgpuAdapter::Index(1))));
/// assert_eq!(DeviceSpec::Wgpu(WgpuAdapter::Cpu).to_string(), "wgpu:cpu");
/// assert!("cuda".parse::<DeviceSpec>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceSpec {
    /// Burn's maintained CPU backend, in pure Rust.
    #[default]
    Flex,
    /// Burn's former CPU backend, deprecated in 0.22.
    NdArray,
    /// A graphics adapter through wgpu.
    Wgpu(WgpuAdapter),
}

/// Which adapter a `wgpu` device runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WgpuAdapter {
    /// The one wgpu prefers: a discrete GPU before an integrated one before software.
    #[default]
    Best,
    /// The n-th adapter of [`adapters`](crate::adapters), from 0.
    Index(usize),
    /// A software adapter, which computes on the CPU.
    Cpu,
}

impl DeviceSpec {
    /// The backend that this device belongs to.
    pub fn backend(self) -> Backend {
        match self {
            Self::Flex => Backend::Flex,
            Self::NdArray => Backend::NdArray,
            Self::Wgpu(_) => Backend::Wgpu,
        }
    }
}

impl FromStr for DeviceSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let adapter = match text {
            "flex" => return Ok(Self::Flex),
            "ndarray" => return Ok(Self::NdArray),
            "wgpu" => WgpuAdapter::Best,
            "wgpu:cpu" => WgpuAdapter::Cpu,
            _ => text
                .strip_prefix("wgpu:")
                .filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|index| index.parse().ok())
                .map(WgpuAdapter::Index)
                .ok_or_else(|| Error::UnknownDevice { name: text.to_owned() })?,
        };
        Ok(Self::Wgpu(adapter))
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex | Self::NdArray | Self::Wgpu(WgpuAdapter::Best) => write!(f, "{}", self.backend()),
            Self::Wgpu(WgpuAdapter::Index(index)) => write!(f, "wgpu:{index}"),
            Self::Wgpu(WgpuAdapter::Cpu) => write!(f, "wgpu:cpu"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_parses_back() {
        for text in ["flex", "ndarray", "wgpu", "wgpu:0", "wgpu:12", "wgpu:cpu"] {
            assert_eq!(text.parse::<DeviceSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_that_are_no_device_are_refused_with_the_list_of_those_that_are() {
        for text in
            ["", "cuda", "Flex", "wgpu:", "wgpu:-1", "wgpu:+1", "wgpu:gpu", "wgpu:99999999999999999999"]
        {
            let error = text.parse::<DeviceSpec>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("flex, ndarray, wgpu"), "{error}");
        }
    }
}
