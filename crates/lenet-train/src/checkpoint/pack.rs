//! Burn's records with other parameter ids.
//!
//! Burn draws random parameter ids in each process, and an optimizer's record has no fixed order of tensors.
//! A checkpoint identifies a parameter by its index in the module and sorts the tensors, so that equal
//! trainings have equal bytes in every process.

use burn::module::Module;
use burn::optim::{DynOptimizer, StateSink, StateSource};
use burn::tensor::{Bytes, Device, TensorData};
use burn_pack::{Reader, Scalar, Tensor, Writer};

use crate::updater::{Slot, Updater};
use crate::{CheckpointProblem, Parameter};

/// Naming scheme of the tensors in a record.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum NamedBy {
    /// Path of fields, such as `conv1.weight`: in the record of a module.
    Path,
    /// Parameter id and name of a state, such as `123.velocity`: in the record of an optimizer.
    Id,
}

/// Record of the weights of `module`.
pub(super) fn model<M: Module>(module: &M, parameters: &[Parameter]) -> Result<Bytes, CheckpointProblem> {
    let bytes = module.clone().into_record().into_bytes().map_err(content)?;
    renumber(bytes, NamedBy::Path, place_in(parameters))
}

/// Record of the state of `updater`.
pub(super) fn updater(updater: &Updater, parameters: &[Parameter]) -> Result<Bytes, CheckpointProblem> {
    match updater {
        Updater::Fused(slots) => slots_of(slots),
        Updater::External(optimizer, _) => {
            let bytes = optimizer.to_record().into_bytes().map_err(content)?;
            renumber(bytes, NamedBy::Id, place_in(parameters))
        }
    }
}

/// Record of the state of `slots`, in the format of Burn's record of an optimizer.
fn slots_of(slots: &[Slot]) -> Result<Bytes, CheckpointProblem> {
    let states = slots.iter().enumerate().filter_map(|(place, slot)| Some((place, slot, slot.state()?)));
    let (mut tensors, mut scalars, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (place, slot, state) in states {
        let (place, id) = (place.to_string(), Some(place as u64));
        let mut sink = StateSink::default();
        slot.optimizer.state_flatten(&place, &state, &mut sink);
        tensors.extend(sink.tensors.into_iter().map(|(name, data)| {
            let (bytes, shape, dtype) = data.into_parts();
            Tensor::new(name, dtype, shape, id, bytes)
        }));
        scalars.extend(sink.scalars);
        scalars.push((format!("{place}.__rank"), Scalar::from(state.rank())));
        names.push((place, slot.parameter.name.clone()));
    }
    write(tensors, scalars, names)
}

/// Loads the states in `bytes` into `slots`, on `device`.
pub(super) fn load_slots(slots: &mut [Slot], bytes: Bytes, device: &Device) -> Result<(), CheckpointProblem> {
    let reader = Reader::from_bytes(bytes).map_err(content)?;
    let mut source = StateSource::new(reader.scalars().clone());
    for tensor in reader.into_tensors().map_err(content)? {
        let (name, dtype, shape, place, bytes) = tensor.into_parts().map_err(content)?;
        let slot = place.and_then(|place| slots.get(usize::try_from(place).ok()?));
        if slot.is_none_or(|slot| slot.parameter.shape[..] != shape[..]) {
            return Err(CheckpointProblem::Optimizer);
        }
        source.insert_tensor(name, TensorData::from_bytes(bytes, shape, dtype));
    }
    for (place, slot) in slots.iter_mut().enumerate() {
        let rank = slot.parameter.shape.len();
        slot.restore(slot.optimizer.state_unflatten(rank, &place.to_string(), &mut source, device));
    }
    Ok(())
}

/// Replaces the parameter ids of the record in `bytes` by `new` ones and sorts its tensors by them.
pub(super) fn renumber(
    bytes: Bytes,
    named_by: NamedBy,
    new: impl Fn(u64) -> Option<u64>,
) -> Result<Bytes, CheckpointProblem> {
    let new = |id: u64| new(id).ok_or_else(|| content(format!("parameter {id} does not exist")));
    let rename = |name: &str| match (named_by, name.split_once('.').unwrap_or((name, ""))) {
        (NamedBy::Path, _) => Ok(name.to_owned()),
        (NamedBy::Id, (id, what)) => {
            let dot = if what.is_empty() { "" } else { "." };
            Ok(format!("{}{dot}{what}", new(id.parse().map_err(content)?)?))
        }
    };
    let reader = Reader::from_bytes(bytes).map_err(content)?;
    let (scalars, metadata) = (reader.scalars().clone(), reader.metadata().clone());
    let mut tensors = Vec::new();
    for tensor in reader.into_tensors().map_err(content)? {
        let (name, dtype, shape, id, bytes) = tensor.into_parts().map_err(content)?;
        let id = new(id.ok_or_else(|| content(format!("tensor `{name}` has no parameter")))?)?;
        let name = rename(&name)?;
        tensors.push(((id, name.clone()), Tensor::new(name, dtype, shape, Some(id), bytes)));
    }
    tensors.sort_by(|(one, _), (other, _)| one.cmp(other));
    let tensors = tensors.into_iter().map(|(_, tensor)| tensor).collect();
    let scalars = scalars.into_iter().map(|(name, scalar)| Ok((rename(&name)?, scalar)));
    let metadata = metadata.into_iter().map(|(name, path)| Ok((rename(&name)?, path)));
    write(tensors, scalars.collect::<Result<_, _>>()?, metadata.collect::<Result<_, _>>()?)
}

/// Encodes a record.
fn write(
    tensors: Vec<Tensor>,
    scalars: Vec<(String, Scalar)>,
    metadata: Vec<(String, String)>,
) -> Result<Bytes, CheckpointProblem> {
    let writer = Writer::new(tensors);
    let writer = scalars.iter().fold(writer, |writer, (name, scalar)| writer.with_scalar(name, *scalar));
    let writer = metadata.iter().fold(writer, |writer, (name, value)| writer.with_metadata(name, value));
    writer.into_bytes().map_err(content)
}

fn place_in(parameters: &[Parameter]) -> impl Fn(u64) -> Option<u64> {
    |id| parameters.iter().position(|parameter| parameter.id.val() == id).map(|place| place as u64)
}

fn content(error: impl ToString) -> CheckpointProblem {
    CheckpointProblem::Content(error.to_string())
}
