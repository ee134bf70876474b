//! The lowest rung: the device opens, and values survive the round trip from the host to the device and back.

use std::thread::available_parallelism;

use burn::tensor::{FloatDType, Int, Tensor};

use crate::{Array, Case, Error, Findings, FloatType, Rung, Subject};
use lenet_report::conformance::{About, Status, VERSION};

/// Builds the cases of [`Rung::Probe`].
pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(Rung::Probe, "numbers-return", numbers_return),
        Case::new(Rung::Probe, "integers-return", integers_return),
        Case::new(Rung::Probe, "sum-of-two", sum_of_two),
        Case::new(Rung::Probe, "synchronises", synchronises),
    ]
}

/// Describes `subject`, the build and the machine, for the head of a report.
pub fn describe(subject: &Subject, seed: u64, quick: bool) -> About {
    let device = &subject.device;
    let types = [
        ("f64", FloatDType::F64),
        ("f32", FloatDType::F32),
        ("f16", FloatDType::F16),
        ("bf16", FloatDType::BF16),
    ];
    let dtypes =
        types.into_iter().filter(|(_, dtype)| device.supports_dtype(*dtype)).map(|(name, _)| name.to_owned());
    let features = [
        ("flex", cfg!(feature = "flex")),
        ("ndarray", cfg!(feature = "ndarray")),
        ("wgpu", cfg!(feature = "wgpu")),
        ("cuda", cfg!(feature = "cuda")),
    ];
    let memory = device
        .memory_pool_usage()
        .map(|usage| format!("{} bytes in use, {} reserved", usage.bytes_in_use, usage.bytes_reserved));
    let versions = [("burn", "0.22.1"), ("lenet-conformance", env!("CARGO_PKG_VERSION"))];
    let mut about = About::default();
    about.protocol = VERSION;
    about.subject = subject.name.clone();
    about.backend = subject.backend().to_string();
    about.operations = subject.operations.name.to_owned();
    about.precision = subject.float_type.name().to_owned();
    about.adapter = lenet_backend::describe(&subject.spec).ok().flatten();
    about.dtypes = dtypes.collect();
    about.memory = memory;
    about.versions = versions.map(|(name, version)| (name.to_owned(), version.to_owned())).into();
    about.features = features.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect();
    about.machine = machine();
    about.seed = seed;
    about.quick = quick;
    about
}

fn machine() -> String {
    let threads = available_parallelism().map_or(1, usize::from);
    format!("{} {}, {threads} threads", std::env::consts::ARCH, std::env::consts::OS)
}

/// Uploads and reads back normal, denormal, extreme and non-finite values.
fn numbers_return(subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
    let (tiny, huge) = match subject.float_type {
        FloatType::F32 => (f64::from(f32::from_bits(1)), f64::from(f32::MAX)),
        FloatType::F64 => (f64::from_bits(1), f64::MAX),
    };
    let values =
        vec![0.0, 1.0, -1.5, 16_777_217.0, tiny, huge, -huge, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let values: Vec<f64> = values.into_iter().map(|value| subject.float_type.round(value)).collect();
    let array = Array { shape: vec![values.len()], values };
    findings.compare_exact("values", array.to_device::<1>(subject), &array)
}

fn integers_return(subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
    let values = [0, 1, -1, 9, i32::MAX, i32::MIN];
    let found = Tensor::<1, Int>::from_ints(values, &subject.device).try_into_vec_as::<i64>();
    let found = found.map_err(|error| Error::Read(error.to_string()))?;
    let array = |values: Vec<f64>| Array { shape: vec![values.len()], values };
    let found = array(found.into_iter().map(|value| value as f64).collect());
    findings.compare_array("values", found, &array(values.map(f64::from).to_vec()).to_oracle());
    Ok(())
}

fn sum_of_two(subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
    let halves = Array::filled(&[3], 0.5).to_device::<1>(subject);
    findings.compare_exact("sum", halves.clone() + halves, &Array::filled(&[3], 1.0))
}

fn synchronises(subject: &Subject, findings: &mut Findings) -> Result<(), Error> {
    let (status, detail) = match subject.device.sync() {
        Ok(()) => (Status::Pass, String::new()),
        Err(error) => (Status::Fail, error.to_string()),
    };
    findings.verdict("sync", status, detail);
    Ok(())
}
