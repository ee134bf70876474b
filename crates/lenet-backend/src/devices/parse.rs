//! Parses the name of a device.

use std::str::FromStr;

use super::spec::{DeviceSpec, WgpuAdapter};
use crate::Error;

impl FromStr for DeviceSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownDevice { name: text.to_owned() };
        Ok(match text.split_once(':') {
            None if text == "flex" => Self::Flex,
            None if text == "ndarray" => Self::NdArray,
            None if text == "wgpu" => Self::Wgpu(WgpuAdapter::Best),
            None if text == "cuda" => Self::Cuda(0),
            Some(("wgpu", "cpu")) => Self::Wgpu(WgpuAdapter::Cpu),
            Some(("wgpu", index)) => Self::Wgpu(WgpuAdapter::Index(number(index).ok_or_else(unknown)?)),
            Some(("cuda", index)) => Self::Cuda(number(index).ok_or_else(unknown)?),
            _ => return Err(unknown()),
        })
    }
}

/// A number written in digits alone.
fn number(text: &str) -> Option<usize> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_form_parses_back() {
        for text in ["flex", "ndarray", "wgpu", "wgpu:0", "wgpu:12", "wgpu:cpu", "cuda", "cuda:1"] {
            assert_eq!(text.parse::<DeviceSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_that_are_no_device_are_refused_with_the_list_of_those_that_are() {
        for text in [
            "",
            "rocm",
            "Flex",
            "flex:0",
            "wgpu:",
            "wgpu:-1",
            "wgpu:+1",
            "wgpu:gpu",
            "wgpu:99999999999999999999",
            "cuda:cpu",
        ] {
            let error = text.parse::<DeviceSpec>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("flex, ndarray, wgpu"), "{error}");
        }
    }
}
