//! Burn's records with other numbers for the parameters.
//!
//! Burn draws a random number for each parameter of each process, and an optimizer's record lists its tensors in
//! no order. In a checkpoint a parameter is known by its place in the module and tensors are sorted, so that equal
//! trainings make equal bytes, whatever process they ran in.

use burn::module::Module;
use burn::optim::{DynOptimizer, StateSink, StateSource};
use burn::tensor::{Bytes, Device, TensorData};
use burn_pack::{Reader, Scalar, Tensor, Writer};

use crate::updater::{Slot, Updater};
use crate::{CheckpointProblem, Parameter};

/// How tensors are named in a record.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum NamedBy {
    /// By fields: `conv1.weight`. A module's.
    Path,
    /// By the parameter's number, and what it is: `123.velocity`. An optimizer's.
    Id,
}

/// The weights of `module`.
pub(super) fn model<M: Module>(module: &M, parameters: &[Parameter]) -> Result<Bytes, CheckpointProblem> {
    let bytes = module.clone().into_record().into_bytes().map_err(content)?;
    renumber(bytes, NamedBy::Path, place_in(parameters))
}

/// The state of `updater`.
pub(super) fn updater(updater: &Updater, parameters: &[Parameter]) -> Result<Bytes, CheckpointProblem> {
    match updater {
        Updater::Ours(slots) => slots_of(slots),
        Updater::Burns(optimizer, _) => {
            let bytes = optimizer.to_record().into_bytes().map_err(content)?;
            renumber(bytes, NamedBy::Id, place_in(parameters))
        }
    }
}

/// The state of `slots`, in the form of Burn's record of an optimizer.
fn slots_of(slots: &[Slot]) -> Result<Bytes, CheckpointProblem> {
    let states =
        slots.iter().enumerate().filter_map(|(place, slot)| Some((place, slot, slot.state.as_ref()?)));
    let (mut tensors, mut scalars, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (place, slot, state) in states {
        let (place, id) = (place.to_string(), Some(place as u64));
        let mut sink = StateSink::default();
        slot.optimizer.state_flatten(&place, state, &mut sink);
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

/// Gives `slots` the states in `bytes`, on `device`.
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
        slot.state = slot.optimizer.state_unflatten(rank, &place.to_string(), &mut source, device);
    }
    Ok(())
}

/// The record in `bytes` with `new` numbers for its parameters, its tensors in the order of these.
pub(super) fn renumber(
    bytes: Bytes,
    named_by: NamedBy,
    new: impl Fn(u64) -> Option<u64>,
) -> Result<Bytes, CheckpointProblem> {
    let new = |id: u64| new(id).ok_or_else(|| content(format!("no parameter {id}")));
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

/// A record of these.
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
