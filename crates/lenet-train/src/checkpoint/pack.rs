//! Burn's records with other numbers for the parameters.
//!
//! Burn draws a random number for each parameter of each process, and an optimizer's record lists its tensors in
//! no order. In a checkpoint a parameter is known by its place in the module and tensors are sorted, so that equal
//! trainings make equal bytes, whatever process they ran in.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Bytes;
use burn_pack::{Reader, Tensor, Writer};

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

/// The state of `optimizer`.
pub(super) fn optimizer(
    optimizer: &ModuleOptimizer,
    parameters: &[Parameter],
) -> Result<Bytes, CheckpointProblem> {
    let bytes = optimizer.to_record().into_bytes().map_err(content)?;
    renumber(bytes, NamedBy::Id, place_in(parameters))
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
    let mut writer = Writer::new(tensors.into_iter().map(|(_, tensor)| tensor).collect());
    for (name, scalar) in scalars {
        writer = writer.with_scalar(&rename(&name)?, scalar);
    }
    for (name, path) in metadata {
        writer = writer.with_metadata(&rename(&name)?, &path);
    }
    writer.into_bytes().map_err(content)
}

fn place_in(parameters: &[Parameter]) -> impl Fn(u64) -> Option<u64> {
    |id| parameters.iter().position(|parameter| parameter.id.val() == id).map(|place| place as u64)
}

fn content(error: impl ToString) -> CheckpointProblem {
    CheckpointProblem::Content(error.to_string())
}
