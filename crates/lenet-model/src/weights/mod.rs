//! Trained weights in files: safetensors as PyTorch reads and writes it, and Burn's own burnpack.
//!
//! The format goes by the extension, `.safetensors` or `.bpk`. Reading is strict: a tensor that is missing,
//! superfluous, of another shape or type, or a file cut short is an [`Error`] that names it.

mod burnpack;
mod safetensors;

use std::io::Write;
use std::path::Path;

use burn::tensor::Device;
use burn_pack::AtomicFile;

use crate::{Error, LeNet, StateDict};

/// Writes the weights of `net` to `path`, replacing a file there only once the new one is whole.
///
/// # Errors
/// [`Error::File`] naming `path`: an unknown extension, or what the operating system said.
pub fn save(net: &LeNet, path: &Path) -> Result<(), Error> {
    let write = || {
        let format = Format::of(path)?;
        let state = net.state_dict()?;
        let bytes = match format {
            Format::Safetensors => safetensors::to_bytes(&state)?,
            Format::Burnpack => burnpack::to_bytes(&state)?,
        };
        write_atomically(path, &bytes)
    };
    write().map_err(|source| Error::File { path: path.to_owned(), source: Box::new(source) })
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
    let read = || {
        let format = Format::of(path)?;
        let bytes = std::fs::read(path)?;
        match format {
            Format::Safetensors => safetensors::from_bytes(&bytes),
            Format::Burnpack => burnpack::from_bytes(bytes),
        }
    };
    read().map_err(|source| Error::File { path: path.to_owned(), source: Box::new(source) })
}

enum Format {
    Safetensors,
    Burnpack,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Error> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => Ok(Self::Safetensors),
            Some("bpk") => Ok(Self::Burnpack),
            _ => Err(Error::UnknownFormat),
        }
    }
}

/// A reader sees the old file or the new one, never a part: same folder, flushed, then renamed.
fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: burn_pack::Error| Error::Write(error.to_string());
    let (scratch, mut file) = AtomicFile::create(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all())?;
    drop(file);
    scratch.commit().map_err(failed)
}
