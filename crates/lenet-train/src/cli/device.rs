//! `--device` and `--threads`.

use std::fmt::Display;

use clap::Args;
use lenet_backend::{Device, DeviceSpec};
use serde::{Serialize, Serializer};

use super::parse;

/// The device to compute on.
#[derive(Args, Serialize)]
#[command(next_help_heading = "Device")]
pub(super) struct DeviceArgs {
    /// Device to compute on: flex, ndarray, wgpu, wgpu:cpu, wgpu:N or cuda (see `lenet-train devices`)
    #[arg(long, default_value = "flex")]
    #[serde(serialize_with = "as_text")]
    pub(super) device: DeviceSpec,
    /// CPU threads [default: all]
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_negative_numbers = true)]
    pub(super) threads: Option<usize>,
}

impl DeviceArgs {
    /// Opens the device and sizes the thread pool.
    pub(super) fn open(&self) -> anyhow::Result<Device> {
        if let Some(threads) = self.threads {
            lenet_threads::set_threads(threads)?;
        }
        Ok(lenet_backend::open(&self.device)?)
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
