//! Files of `torch.save`: a `state_dict`, a whole model, or a checkpoint that contains one of them.
//!
//! Such a file contains a pickle, a program for Python's unpickler. Burn's pytorch-reader does not run it: it interprets
//! the calls that rebuild tensors, and treats the result of any other call as an opaque value.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchReader, Tensor};
use zip::{CompressionMethod, ZipArchive};

use super::numbers::numbers;
use crate::{Error, Parameter, StateDict};

/// Maximum size of the pickle in an archive, in bytes. That of a checkpoint with an optimizer has a few kB; the reader
/// takes more than 200 times as much memory.
const LARGEST_PICKLE: u64 = 256 << 10;
/// Maximum size of a file that is not an archive, in bytes, because all of it may be a pickle.
const LARGEST_WITHOUT_ARCHIVE: u64 = 1 << 20;

/// Reads a file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<StateDict, Error> {
    check_sizes(path, limit)?;
    let tensors = PytorchReader::new(path).map_err(format_error)?.into_tensors();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let place = place(tensors.keys().map(String::as_str))?;
    let ours = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&place)?, tensor)));
    StateDict::new(ours.map(|(name, tensor)| parameter(name, tensor)).collect::<Result<_, _>>()?)
}

/// The prefix of the names of the network's tensors: empty in a `state_dict`, `module.` after DataParallel,
/// `model_state_dict.` in a checkpoint. It is the prefix with most of the ten names; empty if the file has none of them.
fn place<'a>(names: impl Iterator<Item = &'a str>) -> Result<String, Error> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        let places = StateDict::names().filter_map(|ours| name.strip_suffix(ours));
        for place in places.filter(|place| place.is_empty() || place.ends_with('.')) {
            *found.entry(place).or_default() += 1;
        }
    }
    let most = found.values().copied().max().unwrap_or(0);
    let best: Vec<&str> =
        found.into_iter().filter(|&(_, count)| count == most).map(|(place, _)| place).collect();
    match best[..] {
        [] => Ok(String::new()),
        [place] => Ok(place.to_owned()),
        _ => Err(Error::Ambiguous { places: best.iter().map(|place| format!("`{place}`")).collect() }),
    }
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

/// Checks the sizes that determine the memory for reading. Compressed entries, which `torch.save` does not write, are
/// refused, because they may decompress to a thousand times their size.
fn check_sizes(path: &Path, limit: u64) -> Result<(), Error> {
    let file = lenet_files::open(path, limit).map_err(Error::without_path)?;
    let found = file.metadata()?.len();
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else {
        // An older layout, or no PyTorch file.
        let limit = LARGEST_WITHOUT_ARCHIVE;
        return if found > limit { Err(Error::TooLarge { found, limit }) } else { Ok(()) };
    };
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

fn format_error(error: pytorch_reader::PytorchError) -> Error {
    Error::Format { format: FORMAT, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn place_of(names: &[&str]) -> String {
        place(names.iter().copied()).unwrap()
    }

    #[test]
    fn a_state_dict_has_nothing_before_its_names() {
        assert_eq!(place_of(&["conv1.weight", "fc3.bias"]), "");
    }

    #[test]
    fn a_checkpoint_has_the_way_to_the_weights_before_them() {
        let names = ["optimizer.state.0.exp_avg", "state_dict.net.fc1.bias", "state_dict.net.fc1.weight"];
        assert_eq!(place_of(&names), "state_dict.net.");
    }

    #[test]
    fn other_names_that_end_alike_do_not_count() {
        assert_eq!(place_of(&["myconv1.weight", "model.conv1.weight"]), "model.");
    }

    #[test]
    fn a_file_without_our_names_is_searched_from_its_root() {
        assert_eq!(place_of(&["encoder.weight"]), "");
    }

    #[test]
    fn the_place_with_the_most_of_our_names_is_taken() {
        assert_eq!(place_of(&["frozen.fc1.bias", "model.fc1.bias", "model.fc2.bias"]), "model.");
    }

    #[test]
    fn two_networks_are_one_too_many() {
        let error = place(["ema.fc1.bias", "model.fc1.bias"].into_iter()).unwrap_err().to_string();
        assert_eq!(error, "holds several networks, under `ema.` and `model.`: save one of them alone");
    }
}
