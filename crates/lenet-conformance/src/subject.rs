//! [`Subject`]: a device and the operations to compare on it.

use burn::tensor::{Device, FloatDType};
use lenet_backend::{Backend, DeviceSpec};

use crate::{Error, Operations};
use lenet_oracle::Precision;

/// A device and the operations on it, whose results are compared with the oracle's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subject {
    /// Name, such as `flex-stock`.
    pub name: String,
    /// Device with autodiff. Its default float type is [`float_type`](Self::float_type).
    pub device: Device,
    /// Specification that the device was opened from.
    pub spec: DeviceSpec,
    /// Float type of the computation.
    pub float_type: FloatType,
    /// Operations to compare.
    pub operations: Operations,
}

/// Float type of a computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloatType {
    /// Single precision: 24 bits of significand.
    F32,
    /// Double precision: 53 bits of significand. If f32 differs from the oracle and f64 does not, the
    /// difference is rounding.
    F64,
}

impl Subject {
    /// Names of all subjects, without the individual wgpu adapters (`wgpu:cpu`, `wgpu:0`, …), and without `cuda`.
    pub const NAMES: [&'static str; 7] =
        ["flex", "flex-stock", "flex-f64", "ndarray", "ndarray-stock", "wgpu", "wgpu-stock"];

    /// Subjects that only the full ladder runs on. Burn's own operations are slow on a software adapter, and
    /// `flex-f64` only tells rounding from other errors.
    pub const FULL_LADDER_ONLY: [&'static str; 2] = ["flex-f64", "wgpu-stock"];

    /// Features of Burn that change how wgpu computes; this workspace's builds do not enable them.
    pub const BURN_FEATURES: [&'static str; 2] = ["fusion", "autotune"];

    /// Instruction sets of the kernels, for subjects such as `flex-avx2`: names of
    /// [`use_kernels`](lenet_backend::use_kernels).
    pub const KERNELS: [&'static str; 6] = ["avx512", "avx2", "neon", "simd128", "portable-avx2", "portable"];

    /// Opens a subject by name.
    ///
    /// | name | operations |
    /// |---|---|
    /// | a [`DeviceSpec`], such as `flex` | this workspace's operations where the device has them, Burn's elsewhere |
    /// | a [`DeviceSpec`] and `-stock` | Burn's own operations, losses and optimizers |
    /// | `flex-f64` | Burn's own, in f64 |
    /// | `flex-` and one of [`KERNELS`](Self::KERNELS), such as `flex-avx2` | those of `flex`, with the kernels of this instruction set |
    /// | `wgpu+fusion`, `wgpu+autotune`, `wgpu+fusion+autotune` | those of `wgpu`, in a build of Burn with these features |
    ///
    /// The last row only changes the name, so that files and results of such a build are not mistaken for
    /// those of `wgpu`; the caller must know that the build has the features.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`]; [`Error::Backend`] if the device is not available; [`Error::FloatType`] if
    /// the device was used before in this process, because its float type can be set only once. A processor
    /// without the instruction set is an [`Error::Backend`].
    pub fn open(name: &str) -> Result<Self, Error> {
        let (spec, operations, float_type) = Self::parse(name)?;
        if let Some(kernels) = kernels_in(name) {
            lenet_backend::use_kernels(kernels)?;
        }
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

    /// Parses a subject's name without opening a device.
    ///
    /// # Errors
    /// [`Error::UnknownSubject`].
    pub fn parse(name: &str) -> Result<(DeviceSpec, Operations, FloatType), Error> {
        let unknown = || Error::UnknownSubject { name: name.to_owned() };
        let plain = match name.split_once('+') {
            Some(("wgpu", features)) if features.split('+').all(|f| Self::BURN_FEATURES.contains(&f)) => {
                "wgpu"
            }
            _ if kernels_in(name).is_some() => "flex",
            _ => name,
        };
        let (device, operations, float_type) = match (plain, plain.strip_suffix("-stock")) {
            ("flex-f64", _) => ("flex", Operations::stock(), FloatType::F64),
            (_, Some(device)) => (device, Operations::stock(), FloatType::F32),
            (device, None) => (device, Operations::fused(), FloatType::F32),
        };
        Ok((device.parse().map_err(|_| unknown())?, operations, float_type))
    }

    /// The same subject with other operations.
    pub fn with_operations(&self, operations: Operations) -> Self {
        Self { operations, ..self.clone() }
    }

    /// Backend of the device.
    pub fn backend(&self) -> Backend {
        self.spec.backend()
    }

    /// Rounding properties of the subject's arithmetic, which the oracle's bounds depend on.
    pub fn precision(&self) -> Precision {
        match self.float_type {
            FloatType::F64 => Precision::F64,
            FloatType::F32 if self.is_cpu() => Precision::F32,
            FloatType::F32 => Precision::WGSL,
        }
    }

    /// Whether two runs must have the same bits: on Burn's CPU backends, and with the fused operations on a GPU, whose
    /// sums have one order. Burn's own kernels for GPUs promise no order, and autotuning selects among them.
    pub fn is_deterministic(&self) -> bool {
        self.is_cpu() || self.operations.name == "fused" && !self.name.contains('+')
    }

    /// Whether the backend is one of Burn's CPU backends. `wgpu:cpu` is not one of them.
    pub fn is_cpu(&self) -> bool {
        !self.backend().is_gpu()
    }
}

/// The instruction set in the name of a subject.
fn kernels_in(name: &str) -> Option<&str> {
    name.strip_prefix("flex-").filter(|kernels| Subject::KERNELS.contains(kernels))
}

impl FloatType {
    /// `f32` or `f64`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// Rounds `value` to the nearest number of this type.
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
        for name in Subject::NAMES.into_iter().chain([
            "wgpu:0",
            "wgpu+fusion",
            "wgpu+fusion+autotune",
            "flex-neon",
            "cuda",
            "cuda-stock",
        ]) {
            assert!(Subject::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_subject_is_refused_with_the_list_of_those_that_are() {
        for name in
            ["", "rocm", "-stock", "flex-f16", "wgpu:x", "wgpu+", "wgpu+speed", "flex+fusion", "flex-sse9"]
        {
            let error = Subject::open(name).err().unwrap().to_string();
            assert!(error.contains(&format!("`{name}`")) && error.contains("flex-stock"), "{error}");
        }
    }
}
