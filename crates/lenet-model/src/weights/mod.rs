//! Trained weights in files and in bytes.
//!
//! The extension of a file name decides the format that is written. The content decides the format that is
//! read: PyTorch's files, for example, may be called `.pt`, `.pth`, `.ckpt`, `.bin` or `.pth.tar`.
//!
//! | extension | [`Format`] | content | read | written |
//! |---|---|---|---|---|
//! | `.safetensors` | [`Safetensors`](Format::Safetensors) | tensors with PyTorch's names and layouts | yes | yes |
//! | `.bpk` | [`Burnpack`](Format::Burnpack) | Burn's own format | yes | yes |
//! | `.pt`, `.pth` | [`Pytorch`](Format::Pytorch) | a file of `torch.save`: a `state_dict`, a model, or a checkpoint with one | yes; before PyTorch 1.6 from a path | no |
//! | `.onnx` | [`Onnx`](Format::Onnx) | the whole network, for ONNX Runtime and other programs | no | yes |
//!
//! Reading is strict: a missing tensor, an extra tensor, another shape or number type, or a truncated file is
//! an [`Error`] that names it. The names of all tensors may have one prefix, such as `module.`, `_orig_mod.`
//! or `model.`. f16 and bf16 become f32, which changes no number; f64 is refused, because it would be
//! rounded. Files may come from anybody: no code in them is run, and none of more than [`LARGEST_FILE`] bytes
//! is read.
//!
//! The [`Metadata`](crate::Metadata) of the weights travels in the files that have a place for it: all but
//! PyTorch's.
//!
//! ```
//! use lenet_model::StateDict;
//! use lenet_model::weights::{self, Format};
//!
//! let state = StateDict::random(42);
//! let bytes = weights::to_bytes(&state, Format::Safetensors)?;
//! assert_eq!(weights::from_bytes(&bytes, Format::Safetensors)?, state);
//! # Ok::<(), lenet_model::Error>(())
//! ```

mod burnpack;
mod format;
mod onnx;
mod pickle;
mod prefix;
mod pytorch;
mod safetensors;
mod strange;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use burn::tensor::Device;

pub use self::format::Format;
use crate::{Error, LeNet, StateDict};

/// Maximum size of a file in bytes. The weights have 250 kB, with an optimizer's state one megabyte.
///
/// The pickle of a PyTorch file takes more than 200 times its size of memory while it is read, so it has
/// lower limits: 256 KiB in the archives that `torch.save` writes, 1 MiB for a whole file in an older layout.
pub const LARGEST_FILE: u64 = 16 << 20;

/// Writes the weights of `net` to `path`, in the format of its extension, as [`write_state_dict`] does, without
/// metadata.
///
/// # Errors
/// [`Error::File`] naming `path`: the format cannot be written, or the operating system's error.
pub fn save(net: &LeNet, path: &Path) -> Result<(), Error> {
    let state = net.state_dict().map_err(|error| error.in_file(path))?;
    write_state_dict(&state, path)
}

/// Reads a network from `path` onto `device`. [`read_state_dict`] reads the metadata, too.
///
/// # Errors
/// [`Error::File`] naming `path`, with the tensor and what is wrong with it.
pub fn load(path: &Path, device: &Device) -> Result<LeNet, Error> {
    read_state_dict(path).map(|state| LeNet::with_state_dict(&state, device))
}

/// Reads the weights in `path`, in the format of its content, without copying them to a device.
/// [`LeNet::load_state_dict`] puts them into an existing network.
///
/// # Errors
/// As [`load`].
pub fn read_state_dict(path: &Path) -> Result<StateDict, Error> {
    let read = || {
        let bytes = lenet_files::read(path, LARGEST_FILE).map_err(|error| unread(error, path))?;
        strange::check(&bytes)?;
        // Where no format begins like this, the reader of the extension's says why.
        match Format::from_content(&bytes).or_else(|| Format::from_path(path)) {
            Some(Format::Pytorch) => pytorch::read(path, LARGEST_FILE),
            Some(format) => from_bytes(&bytes, format),
            None => Err(Error::UnknownContent { expected: READABLE }),
        }
    };
    read().map_err(|error| error.in_file(path))
}

/// Why the file at `path` was not read, with the extensions of weights if it does not exist and has another
/// one.
fn unread(error: lenet_files::Error, path: &Path) -> Error {
    match Error::without_path(error) {
        Error::Io(reason) if reason.kind() == ErrorKind::NotFound => match Format::from_path(path) {
            Some(Format::Onnx) => ONNX_IS_WRITTEN,
            Some(_) => Error::Io(reason),
            None => Error::NotFound { expected: READABLE },
        },
        error => error,
    }
}

/// Writes `state` to `path`, in the format of its extension. A file at `path` is replaced as a whole or not
/// at all; of a symbolic link, the file that it leads to is, and the link stays.
///
/// # Errors
/// As [`save`].
pub fn write_state_dict(state: &StateDict, path: &Path) -> Result<(), Error> {
    let write = || {
        let format = Format::from_path(path);
        let format = format.ok_or(Error::UnknownFormat { expected: ".safetensors, .bpk or .onnx" })?;
        let bytes = to_bytes(state, format)?;
        let target = behind_links(path).map_err(|error| Error::Write(Box::new(Error::Io(error))))?;
        let written = lenet_files::write(&target, &bytes);
        written.map_err(|error| Error::Write(Box::new(Error::without_path(error))))
    };
    write().map_err(|error| error.in_file(path))
}

/// The path that symbolic links at `path` lead to, whether a file is there or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: usize = 40; // As Linux.
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path), // No link; writing reports what else is wrong.
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Reads weights from the bytes of a file. A program that names one format is linked with the reader of that format
/// alone.
///
/// # Errors
/// What is wrong with the bytes, naming the tensor; [`Error::Unsupported`] for [`Format::Onnx`], and for
/// [`Format::Pytorch`] in a layout before PyTorch 1.6, which only [`read_state_dict`] reads.
#[inline(always)]
pub fn from_bytes(bytes: &[u8], format: Format) -> Result<StateDict, Error> {
    let found = bytes.len() as u64;
    if found > LARGEST_FILE {
        return Err(Error::TooLarge { found, limit: LARGEST_FILE });
    }
    match format {
        Format::Safetensors => safetensors::from_bytes(bytes),
        Format::Burnpack => burnpack::from_bytes(bytes),
        Format::Pytorch => pytorch::from_bytes(bytes),
        Format::Onnx => Err(ONNX_IS_WRITTEN),
    }
}

/// Reads weights from the bytes of a file called `name`, in the format of their content, as [`read_state_dict`]
/// reads a file.
///
/// # Errors
/// [`Error::File`] naming `name`: what is wrong with the bytes, naming the tensor.
pub fn from_file_bytes(name: &Path, bytes: &[u8]) -> Result<StateDict, Error> {
    let read = || {
        strange::check(bytes)?;
        match Format::from_content(bytes).or_else(|| Format::from_path(name)) {
            Some(format) => from_bytes(bytes, format),
            None => Err(Error::UnknownContent { expected: READABLE }),
        }
    };
    read().map_err(|error| error.in_file(name))
}

/// The bytes of a file with the weights `state`.
///
/// # Errors
/// [`Error::Unsupported`] for [`Format::Pytorch`], [`Error::Format`] if the format's writer fails.
#[inline(always)]
pub fn to_bytes(state: &StateDict, format: Format) -> Result<Vec<u8>, Error> {
    match format {
        Format::Safetensors => safetensors::to_bytes(state),
        Format::Burnpack => burnpack::to_bytes(state),
        Format::Onnx => Ok(onnx::to_bytes(state)),
        Format::Pytorch => Err(Error::Unsupported(
            "PyTorch's format is only read here, for it is a Python program: write .safetensors, which \
             `safetensors.torch.load_file` reads for `load_state_dict`",
        )),
    }
}

/// The extensions of the formats that are read.
const READABLE: &str = ".safetensors, .bpk, .pt or .pth";

const ONNX_IS_WRITTEN: Error = Error::Unsupported(
    "ONNX is only written here: start from the .safetensors, .pt or .bpk that it was made of",
);
