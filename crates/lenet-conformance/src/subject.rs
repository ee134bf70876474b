//! [`Subject`]: a device and the operations to compare on it.

use burn::tensor::{Device, FloatDType};
use lenet_backend::{Backend, DeviceSpec};

use crate::{Error, Operations};
use lenet_oracle::Precision;

/// What is compared with the oracle.
#[derive(Clone)]
pub struct Subject {
    /// Its name, such as `flex-stock`.
    pub name: String,
    /// The device, with autodiff. Float tensors are made on it in [`float_type`](Self::float_type).
    pub device: Device,
    /// The device by name.
    pub spec: DeviceSpec,
    /// The type that it computes in.
    pub float_type: FloatType,
    /// What computes on it.
    pub operations: Operations,
}

/// A float type to compute in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatType {
    /// 24 bits of significand.
    F32,
    /// 53 bits of significand. Where f32 differs from the oracle and f64 does not, the difference is rounding.
    F64,
}

impl Subject {
    /// The names of the subjects, but for the single adapters of wgpu.
    pub const NAMES: [&'static str; 7] =
        ["flex", "flex-stock", "flex-f64", "ndarray", "ndarray-stock", "wgpu", "wgpu-stock"];

    /// Those of them that the short ladder leaves out: where wgpu has no operation of this workspace's it computes with
    /// Burn's anyway, and f64 only tells rounding from other errors.
    pub const LONG: [&'static str; 2] = ["flex-f64", "wgpu-stock"];

    /// Features of Burn that change how wgpu computes, and are no part of this workspace's builds.
    pub const BURN_FEATURES: [&'static str; 2] = ["fusion", "autotune"];

    /// Opens a subject by name: a device as [`DeviceSpec`] writes it, with what this workspace computes with there; with
    /// `-stock` behind it with Burn's own operations, losses and optimizers; `flex-f64` computes with those in f64.
    /// `wgpu+fusion`, `wgpu+autotune` and `wgpu+fusion+autotune` are wgpu in a build of Burn that has these features:
    /// whoever built it knows that, and names it so that its files and results are told from those of wgpu.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`], [`Error::Backend`] if there is no such device, [`Error::FloatType`] if it was in use
    /// before: a device's type is chosen once in a process.
    pub fn open(name: &str) -> Result<Self, Error> {
        let (spec, operations, float_type) = Self::parse(name)?;
        let mut device = lenet_backend::open(&spec)?;
        if float_type == FloatType::F64 {
            device.configure(FloatDType::F64).map_err(|error| Error::FloatType {
                subject: name.to_owned(),
                float_type: float_type.name(),
                reason: error.to_string(),
            })?;
        }
        Ok(Self { name: name.to_owned(), device: device.autodiff(), spec, float_type, operations })
    }

    /// What `name` stands for, without touching a device.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`].
    pub fn parse(name: &str) -> Result<(DeviceSpec, Operations, FloatType), Error> {
        let unknown = || Error::UnknownSubject { name: name.to_owned() };
        let plain = match name.split_once('+') {
            Some(("wgpu", features)) if features.split('+').all(|f| Self::BURN_FEATURES.contains(&f)) => {
                "wgpu"
            }
            _ => name,
        };
        let (device, operations, float_type) = match (plain, plain.strip_suffix("-stock")) {
            ("flex-f64", _) => ("flex", Operations::stock(), FloatType::F64),
            (_, Some(device)) => (device, Operations::stock(), FloatType::F32),
            (device, None) => (device, Operations::fused(), FloatType::F32),
        };
        Ok((device.parse().map_err(|_| unknown())?, operations, float_type))
    }

    /// The same device with other operations.
    pub fn with_operations(&self, operations: Operations) -> Self {
        Self { operations, ..self.clone() }
    }

    /// The backend of its device.
    pub fn backend(&self) -> Backend {
        self.spec.backend()
    }

    /// How its arithmetic rounds.
    pub fn precision(&self) -> Precision {
        match self.float_type {
            FloatType::F64 => Precision::F64,
            FloatType::F32 if self.is_cpu() => Precision::F32,
            FloatType::F32 => Precision::WGSL,
        }
    }

    /// Whether it computes on the CPU through one of Burn's CPU backends, where the same work must give the same bits.
    pub fn is_cpu(&self) -> bool {
        self.backend() != Backend::Wgpu
    }
}

impl FloatType {
    /// `f32` or `f64`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The nearest number of this type.
    pub fn round(self, value: f64) -> f64 {
        match self {
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_subject() {
        for name in Subject::NAMES.into_iter().chain(["wgpu:0", "wgpu+fusion", "wgpu+fusion+autotune"]) {
            assert!(Subject::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_subject_is_refused_with_the_list_of_those_that_are() {
        for name in ["", "cuda", "-stock", "flex-f16", "wgpu:x", "wgpu+", "wgpu+speed", "flex+fusion"] {
            let error = Subject::open(name).err().unwrap().to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains("flex-stock"), "{error}");
        }
    }
}
