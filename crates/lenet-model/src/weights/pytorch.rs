//! Files of `torch.save`: a `state_dict`, a whole model, or a checkpoint that contains one of them.
//!
//! Such a file contains a pickle, a program for Python's unpickler. Burn's pytorch-reader does not run it: it
//! interprets the calls that rebuild tensors, and treats the result of any other call as an opaque value.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchReader, Tensor};
use zip::{CompressionMethod, ZipArchive};

use super::pickle::{self, Stored};
use super::prefix::prefix;
use crate::numbers::{bfloat, half, numbers};
use crate::{Error, Parameter, StateDict};

/// Maximum size of the pickle in an archive, in bytes. That of a checkpoint with an optimizer has a few kB;
/// the reader takes more than 200 times as much memory.
const LARGEST_PICKLE: u64 = 256 << 10;
/// Maximum size of a file that is not an archive, in bytes, because all of it may be a pickle.
const LARGEST_WITHOUT_ARCHIVE: u64 = 1 << 20;

/// Reads a file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<StateDict, Error> {
    check_sizes(path, limit)?;
    let tensors = PytorchReader::new(path).map_err(|error| explained(error, path, limit))?.into_tensors();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let prefix = prefix(tensors.keys().map(String::as_str))?;
    // A checkpoint has other tensors, such as an optimizer's.
    let ours = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?, tensor)));
    StateDict::new(ours.map(|(name, tensor)| parameter(name, tensor)).collect::<Result<_, _>>()?)
}

/// Reads the bytes of an archive: where there are no files, pytorch-reader reads no tensors.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<StateDict, Error> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        if bytes.starts_with(b"PK") || bytes.is_empty() {
            return Err(broken("its archive was cut short"));
        }
        return Err(Error::Unsupported(
            "the layout before PyTorch 1.6 is read from a file only: torch.save it anew, or convert it to .safetensors",
        ));
    };
    check_entries(&mut archive)?;
    let names =
        archive.file_names().collect::<Result<Vec<_>, _>>().map_err(|error| format_error(error.into()))?;
    let root = names.iter().filter_map(|name| name.strip_suffix("data.pkl")).min_by_key(|root| root.len());
    let root = root.ok_or_else(|| broken("it has no data.pkl"))?.to_owned();
    let is_big =
        entry(&mut archive, &format!("{root}byteorder")).is_ok_and(|order| order.trim_ascii() == b"big");
    if is_big {
        return Err(broken("its numbers are big-endian"));
    }
    let tensors = pickle::tensors(&entry(&mut archive, &format!("{root}data.pkl"))?).map_err(broken)?;
    let prefix = prefix(tensors.keys().map(String::as_str))?;
    let ours = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?, tensor)));
    let ours = ours.map(|(name, tensor)| {
        StateDict::check(name, &tensor.shape)?;
        let storage = entry(&mut archive, &format!("{root}data/{}", tensor.key))?;
        let storage = match &*tensor.storage {
            "FloatStorage" => numbers(&storage, f32::from_le_bytes),
            "HalfStorage" => numbers(&storage, half),
            "BFloat16Storage" => numbers(&storage, bfloat),
            other => return Err(Error::Dtype { name: name.to_owned(), found: other.to_owned() }),
        };
        let values = gathered(tensor, &storage)
            .ok_or_else(|| broken(format!("tensor `{name}` exceeds its storage")))?;
        Ok(Parameter { name: name.to_owned(), shape: tensor.shape.clone(), values })
    });
    StateDict::new(ours.collect::<Result<_, _>>()?)
}

/// The content of an entry, which is not compressed, so that it is no larger than the archive.
fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, Error> {
    let mut entry = archive.by_name(name).map_err(|error| broken(format!("{name}: {error}")))?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| broken(format!("{name}: {error}")))?;
    Ok(bytes)
}

/// The numbers of a tensor, row-major, whose shape is one of the network's; `None` if one is outside the storage.
fn gathered(tensor: &Stored, storage: &[f32]) -> Option<Vec<f32>> {
    let mut places = vec![tensor.offset];
    for (size, stride) in tensor.shape.iter().zip(&tensor.strides) {
        let along = |place: usize| (0..*size).map(move |step| place.checked_add(step.checked_mul(*stride)?));
        places = places.into_iter().flat_map(along).collect::<Option<_>>()?;
    }
    places.into_iter().map(|place| storage.get(place).copied()).collect()
}

/// Reads a tensor after its shape is checked, because a view may claim more numbers than the file holds.
fn parameter(name: &str, tensor: &Tensor) -> Result<Parameter, Error> {
    StateDict::check(name, tensor.shape())?;
    let read = || {
        let reason = |error: std::io::Error| Error::Format { format: FORMAT, reason: error.to_string() };
        tensor.read().map_err(reason)
    };
    // The reader returns numbers in this machine's byte order.
    let values = match tensor.dtype() {
        DType::F32 => numbers(&read()?, f32::from_ne_bytes),
        DType::F16 => numbers(&read()?, |bytes| f16::from_ne_bytes(bytes).to_f32()),
        DType::BF16 => numbers(&read()?, |bytes| bf16::from_ne_bytes(bytes).to_f32()),
        other => return Err(Error::Dtype { name: name.to_owned(), found: format!("{other:?}") }),
    };
    Ok(Parameter { name: name.to_owned(), shape: tensor.shape().to_vec(), values })
}

/// Checks the sizes that determine the memory for reading. Compressed entries, which `torch.save` does not
/// write, are refused, because they may decompress to a thousand times their size.
fn check_sizes(path: &Path, limit: u64) -> Result<(), Error> {
    let file = lenet_files::open(path, limit).map_err(Error::without_path)?;
    let found = file.metadata()?.len();
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else {
        // An older layout, or no PyTorch file.
        let limit = LARGEST_WITHOUT_ARCHIVE;
        return if found > limit { Err(Error::TooLarge { found, limit }) } else { Ok(()) };
    };
    check_entries(&mut archive)
}

/// Checks that no entry is compressed, and the size of the pickle.
fn check_entries(archive: &mut ZipArchive<impl Read + Seek>) -> Result<(), Error> {
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| format_error(error.into()))?;
        if entry.compression() != CompressionMethod::Stored {
            let reason =
                "it is compressed, as TorchScript is: torch.save the state_dict, which is not".to_owned();
            return Err(Error::Format { format: FORMAT, reason });
        }
        let is_pickle = entry.name().is_ok_and(|name| name.ends_with("data.pkl"));
        if is_pickle && entry.size() > LARGEST_PICKLE {
            let reason =
                format!("its data.pkl has {} bytes, expected {LARGEST_PICKLE} at most", entry.size());
            return Err(Error::Format { format: FORMAT, reason });
        }
    }
    Ok(())
}

const FORMAT: &str = "PyTorch";

/// The error, or, for the layout before PyTorch 1.6 of a whole module, what to do. Such a file refers to each
/// class of a module by a tuple that begins with the text `module` and ends with the source code of the
/// class.
fn explained(error: pytorch_reader::PytorchError, path: &Path, limit: u64) -> Error {
    const MODULE: &[u8] = b"X\x06\x00\x00\x00module";
    let bytes = lenet_files::read(path, limit).unwrap_or_default();
    if bytes.starts_with(b"\x80") && bytes.windows(MODULE.len()).any(|bytes| bytes == MODULE) {
        return Error::NotWeights {
            found: "a whole module in the layout before PyTorch 1.6, with source code",
            remedy: "in Python, save its weights alone, with torch.save(model.state_dict(), \"weights.pt\")",
        };
    }
    format_error(error)
}

fn broken(reason: impl Into<String>) -> Error {
    Error::Format { format: FORMAT, reason: reason.into() }
}

fn format_error(error: pytorch_reader::PytorchError) -> Error {
    Error::Format { format: FORMAT, reason: error.to_string() }
}
