//! The files in tests/interop, which PyTorch and ONNX' own package wrote: see generate.py there.

use std::path::PathBuf;

use lenet_model::{Parameter, StateDict, weights};
use safetensors::SafeTensors;

use crate::{device, logits};

/// Written by `torch.save`.
pub const PYTORCH: [&str; 3] = ["checkpoint.pt", "legacy_half.pth", "bfloat16.pt"];

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop")).join(name)
}

/// The weights in all of these files.
pub fn weights() -> StateDict {
    let fill = |parameter: &Parameter| {
        let number = |index: usize| ((7919 * index) % 251) as f32 - 125.0;
        let values = (0..parameter.values.len()).map(|index| number(index) / 1024.0).collect();
        Parameter::new(&parameter.name, parameter.shape.clone(), values)
    };
    StateDict::new(StateDict::random(0).parameters().iter().map(fill).collect()).unwrap()
}

/// A `state_dict` in half precision, one in bfloat16, and a checkpoint of a DataParallel network with other
/// entries.
#[test]
fn what_pytorch_saved_is_read_number_for_number() {
    for name in PYTORCH {
        assert!(weights::read_state_dict(&path(name)).unwrap() == self::weights(), "{name}");
    }
}

#[test]
fn what_pytorch_saved_is_read_from_bytes_alike() {
    for name in ["checkpoint.pt", "bfloat16.pt"] {
        let bytes = std::fs::read(path(name)).unwrap();
        assert!(weights::from_file_bytes(name.as_ref(), &bytes).unwrap() == self::weights(), "{name}");
    }
    let old = std::fs::read(path("legacy_half.pth")).unwrap();
    let error = weights::from_file_bytes("legacy_half.pth".as_ref(), &old).unwrap_err().to_string();
    assert!(error.starts_with("legacy_half.pth: the layout before PyTorch 1.6"), "{error}");
}

/// PyTorch's logits in f64, within what the roundings of f32 may add up to (lenet.py has the formula).
#[test]
fn a_network_from_pytorch_computes_pytorchs_logits() {
    let bytes = std::fs::read(path("logits.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |name: &str| -> Vec<f64> {
        let data = expected.tensor(name).unwrap().data().to_vec();
        data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    };
    let ours = logits(&weights::load(&path("checkpoint.pt"), &device()).unwrap());
    assert_eq!(ours.len(), 30);
    for ((ours, expected), bound) in ours.iter().zip(numbers("logits")).zip(numbers("bounds")) {
        let error = (f64::from(*ours) - expected).abs();
        assert!(error <= bound, "{ours} instead of {expected}: off by {error:e}, more than {bound:e}");
    }
}

#[test]
fn an_onnx_file_is_byte_for_byte_what_onnx_itself_writes() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("lenet.onnx");
    weights::write_state_dict(&weights(), &ours).unwrap();
    let ours = without_version(&std::fs::read(ours).unwrap());
    assert!(ours == std::fs::read(path("lenet.onnx")).unwrap());
}

/// Without `producer_version`, field 3 of the model, which is the version of this package.
fn without_version(model: &[u8]) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let field = [&[3 << 3 | 2, version.len() as u8], version].concat();
    let at = model.windows(field.len()).position(|bytes| bytes == field).unwrap();
    [&model[..at], &model[at + field.len()..]].concat()
}
