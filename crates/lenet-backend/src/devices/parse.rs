//! Parses the name of a device.

use std::str::FromStr;

use super::spec::{DeviceSpec, WgpuAdapter};
use crate::Error;

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
