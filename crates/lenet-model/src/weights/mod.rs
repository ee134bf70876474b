//! Trained weights in files.
//!
//! | extension | what it is | read | written |
//! |---|---|---|---|
//! | `.safetensors` | safetensors, under PyTorch's names and in its layouts | yes | yes |
//! | `.bpk` | Burn's own burnpack | yes | yes |
//! | `.pt`, `.pth` | what `torch.save` writes: a `state_dict`, a model, or a checkpoint with one in it | yes | no |
//! | `.onnx` | the whole network for ONNX Runtime and other programs | no | yes |
//!
//! Reading is strict: a tensor that is missing, superfluous, of another shape or type, or a file cut short is
//! an [`Error`] that names it. f16 and bf16 become f32, which changes no number; f64 is refused, because it would
//! be rounded. Files may come from anybody: none is run, and none of more than [`LARGEST_FILE`] bytes is read.

mod burnpack;
mod numbers;
mod onnx;
mod pytorch;
mod safetensors;

use std::io::Write;
use std::path::Path;

use burn::tensor::Device;
use burn_pack::AtomicFile;

use crate::{Error, LeNet, StateDict};

/// Bytes that a file may have. The weights are 250 kB, with an optimizer's state a megabyte; a pickle's objects take
/// 90 times their bytes of memory, so that the worst file of this size takes 1.5 GB.
pub const LARGEST_FILE: u64 = 16 << 20;

/// Writes the weights of `net` to `path`, replacing a file there only once the new one is whole.
///
/// # Errors
/// [`Error::File`] naming `path`: an extension that is not written, or what the operating system said.
pub fn save(net: &LeNet, path: &Path) -> Result<(), Error> {
    in_file(path, || write(path, &net.state_dict()?))
}

/// Reads a network from `path` onto `device`.
///
/// # Errors
/// [`Error::File`] naming `path`, with the tensor and what is wrong with it.
pub fn load(path: &Path, device: &Device) -> Result<LeNet, Error> {
    read_state_dict(path).map(|state| LeNet::with_state_dict(&state, device))
}

/// Reads the weights in `path` without putting them on a device. An existing network takes them with
/// [`LeNet::load_state_dict`].
///
/// # Errors
/// As [`load`].
pub fn read_state_dict(path: &Path) -> Result<StateDict, Error> {
    in_file(path, || match Format::of(path) {
        Some(Format::Safetensors) => safetensors::from_bytes(&read(path)?),
        Some(Format::Burnpack) => burnpack::from_bytes(read(path)?),
        Some(Format::Pytorch) => check_size(path).and_then(|()| pytorch::read(path)),
        Some(Format::Onnx) => Err(Error::OneWay(
            "ONNX is only written here: start from the .safetensors, .pt or .bpk that it was made of",
        )),
        None => Err(Error::UnknownFormat { expected: ".safetensors, .bpk, .pt or .pth" }),
    })
}

/// Writes `state` to `path`, replacing a file there only once the new one is whole.
///
/// # Errors
/// As [`save`].
pub fn write_state_dict(state: &StateDict, path: &Path) -> Result<(), Error> {
    in_file(path, || write(path, state))
}

enum Format {
    Safetensors,
    Burnpack,
    Pytorch,
    Onnx,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "safetensors" => Some(Self::Safetensors),
            "bpk" => Some(Self::Burnpack),
            "pt" | "pth" => Some(Self::Pytorch),
            "onnx" => Some(Self::Onnx),
            _ => None,
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    check_size(path)?;
    Ok(std::fs::read(path)?)
}

fn check_size(path: &Path) -> Result<(), Error> {
    match std::fs::metadata(path)?.len() {
        found if found > LARGEST_FILE => Err(Error::TooLarge { found, limit: LARGEST_FILE }),
        _ => Ok(()),
    }
}

fn write(path: &Path, state: &StateDict) -> Result<(), Error> {
    let bytes = match Format::of(path) {
        Some(Format::Safetensors) => safetensors::to_bytes(state)?,
        Some(Format::Burnpack) => burnpack::to_bytes(state)?,
        Some(Format::Onnx) => onnx::to_bytes(state),
        Some(Format::Pytorch) => {
            return Err(Error::OneWay(
                "PyTorch's format is only read here, for it is a Python program: write .safetensors, which \
                 `safetensors.torch.load_file` reads for `load_state_dict`",
            ));
        }
        None => return Err(Error::UnknownFormat { expected: ".safetensors, .bpk or .onnx" }),
    };
    write_atomically(path, &bytes)
}

/// A reader sees the old file or the new one, never a part: same folder, flushed, then renamed.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: burn_pack::Error| Error::Write(error.to_string());
    let (scratch, mut file) = AtomicFile::create(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all())?;
    drop(file);
    scratch.commit().map_err(failed)
}

/// Names the file in what goes wrong with it.
fn in_file<T>(path: &Path, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    work().map_err(|source| Error::File { path: path.to_owned(), source: Box::new(source) })
}
