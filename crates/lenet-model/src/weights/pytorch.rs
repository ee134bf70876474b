//! What `torch.save` writes: a `state_dict`, a whole model, or a checkpoint that has one of them in it.
//!
//! Such a file is a pickle, a program for Python's unpickler. Burn's pytorch-reader runs none of it: it knows the
//! calls that rebuild tensors, and takes any other for an opaque value.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchReader, Tensor};
use zip::{CompressionMethod, ZipArchive};

use super::numbers::numbers;
use crate::{Error, Parameter, StateDict};

pub(super) fn read(path: &Path) -> Result<StateDict, Error> {
    refuse_compressed(path)?;
    let tensors = PytorchReader::new(path).map_err(format_error)?.into_tensors();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let place = place(tensors.keys().map(String::as_str))?;
    let ours = tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&place)?, tensor)));
    StateDict::new(ours.map(|(name, tensor)| parameter(name, tensor)).collect::<Result<_, _>>()?)
}

/// What stands before the names of our tensors: nothing in a `state_dict`, `module.` after DataParallel,
/// `model_state_dict.` in a checkpoint. It is where the most of the ten names are found; nothing if none is.
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

/// The shape is checked before anything is read: a view may claim more numbers than the file holds.
fn parameter(name: &str, tensor: &Tensor) -> Result<Parameter, Error> {
    StateDict::check(name, tensor.shape())?;
    let read = || {
        let reason = |error: std::io::Error| Error::Format { format: FORMAT, reason: error.to_string() };
        tensor.read().map_err(reason)
    };
    // The reader gives numbers in the order of bytes of this machine.
    let values = match tensor.dtype() {
        DType::F32 => numbers(&read()?, f32::from_ne_bytes),
        DType::F16 => numbers(&read()?, |bytes| f16::from_ne_bytes(bytes).to_f32()),
        DType::BF16 => numbers(&read()?, |bytes| bf16::from_ne_bytes(bytes).to_f32()),
        other => return Err(Error::Dtype { name: name.to_owned(), found: format!("{other:?}") }),
    };
    Ok(Parameter { name: name.to_owned(), shape: tensor.shape().to_vec(), values })
}

/// `torch.save` compresses nothing. What is compressed could unpack to a thousand times its size, so none of it
/// is let through. A file that is no zip archive is of an older layout, or of none.
fn refuse_compressed(path: &Path) -> Result<(), Error> {
    let Ok(mut archive) = ZipArchive::new(BufReader::new(File::open(path)?)) else { return Ok(()) };
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| format_error(error.into()))?;
        if entry.compression() != CompressionMethod::Stored {
            let reason =
                "it is compressed, as TorchScript is: torch.save the state_dict, which is not".to_owned();
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
