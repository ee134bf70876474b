//! [`Checkpoint`]: the complete state of a training, in one file.

mod file;
mod folder;
mod pack;
mod save;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use serde::{Deserialize, Serialize};

pub use folder::{Checkpoints, Latest};

use crate::position::SavedPosition;
use crate::updater::Updater;
use crate::{CheckpointProblem, Error, Parameter, parameters};

/// The setting that a longer training changes.
const EPOCHS: &str = "epochs";
const MODEL: &str = "model";
const OPTIMIZER: &str = "optimizer";
/// Prefix of a section with the state of a hook.
const HOOK: &str = "hook:";

/// The complete state of a training: the module, the states of the optimizer and the hooks, the position in
/// the epoch, and the settings.
///
/// The SHA-256 of a checkpoint read from a file has been verified.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    header: Header,
    /// Names and contents, in the order of the file.
    sections: Vec<(String, Vec<u8>)>,
}

/// Everything that must be checked before a section is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    position: SavedPosition,
    settings: BTreeMap<String, String>,
    /// Names and shapes of the module's tensors. The sections identify a tensor by its index in this list,
    /// because Burn's parameter ids are random in each process.
    tensors: Vec<(String, Vec<usize>)>,
    /// Lowest validation loss so far, as bits.
    best_loss_bits: Option<u64>,
}

impl Checkpoint {
    /// Reads and verifies the checkpoint at `path`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`]: not a checkpoint, cut short, damaged, or of another format version;
    /// [`Error::Io`] if the file cannot be read; [`Error::File`] if it is not a regular file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        file::read(path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of completed steps.
    pub fn step(&self) -> u64 {
        self.header.position.step
    }

    /// Epoch of the next step, from 0; after the last step, the number of epochs.
    pub fn epoch(&self) -> u64 {
        self.header.position.epoch
    }

    /// Settings of the training: those of [`Trainer::setting`](crate::Trainer::setting), its optimizer,
    /// schedule and sizes.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.header.settings
    }

    /// Bytes of a section: `model`, `optimizer`, or `hook:` and a hook's name. Equal states have equal bytes.
    pub fn section(&self, name: &str) -> Option<&[u8]> {
        self.sections.iter().find(|(section, _)| section == name).map(|(_, bytes)| &**bytes)
    }

    /// Loads the weights of the checkpoint into `module`, which keeps its parameter ids and its device.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] with the first tensor that is not the same in both.
    pub fn load_model<M: Module>(&self, module: M) -> Result<M, Error> {
        let parameters = parameters(&module);
        self.check_tensors(&parameters)?;
        let id = |index: u64| Some(parameters.get(usize::try_from(index).ok()?)?.id.val());
        let bytes = pack::renumber(self.bytes_of(MODEL)?, pack::NamedBy::Path, id);
        let bytes = bytes.map_err(|problem| self.problem(problem))?;
        let record = ModuleRecord::from_bytes(bytes).map_err(|error| self.content(error))?;
        module.try_load_record(record).map_err(|error| self.content(error))
    }

    /// Loads the optimizer state of the checkpoint into `updater`, for the `parameters` of a module on
    /// `device`.
    fn load_updater(
        &self,
        updater: &mut Updater,
        parameters: &[Parameter],
        device: &Device,
    ) -> Result<(), Error> {
        let saved = self.bytes_of(OPTIMIZER)?;
        let loaded = match updater {
            Updater::Fused(slots) => pack::load_slots(slots, saved.clone(), device),
            Updater::External(optimizer, _) => load_external(optimizer, saved.clone(), parameters),
        };
        // Burn ignores state that does not fit, so the loaded state is compared with the checkpoint.
        let taken = loaded.and_then(|()| pack::updater(updater, parameters));
        if taken.map_err(|problem| self.problem(problem))?[..] != saved[..] {
            return Err(self.problem(CheckpointProblem::Optimizer));
        }
        Ok(())
    }

    fn check_tensors(&self, parameters: &[Parameter]) -> Result<(), Error> {
        let ours = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.shape.clone()));
        let ours: Vec<(String, Vec<usize>)> = ours.collect();
        let theirs = &self.header.tensors;
        let missing = ours.iter().find(|tensor| !theirs.contains(tensor));
        let extra = theirs.iter().find(|tensor| !ours.contains(tensor));
        let Some((name, _)) = missing.or(extra) else { return Ok(()) };
        let shape = |list: &[(String, Vec<usize>)]| {
            list.iter().find(|(other, _)| other == name).map(|(_, shape)| shape.clone())
        };
        Err(self.problem(CheckpointProblem::Model {
            name: name.clone(),
            checkpoint: shape(theirs),
            model: shape(&ours),
        }))
    }

    /// Checks that the settings are those of the checkpoint. With `may_be_longer`, there may be more epochs.
    fn check_settings(&self, ours: &BTreeMap<String, String>, may_be_longer: bool) -> Result<(), Error> {
        let theirs = &self.header.settings;
        let epochs = |settings: &BTreeMap<String, String>| settings.get(EPOCHS)?.parse::<u64>().ok();
        let is_longer = may_be_longer && epochs(ours) > epochs(theirs) && epochs(theirs).is_some();
        let mut keys = ours.keys().chain(theirs.keys()).filter(|key| !(is_longer && *key == EPOCHS));
        let different = keys.find(|key| ours.get(*key) != theirs.get(*key));
        let Some(key) = different else { return Ok(()) };
        let text =
            |settings: &BTreeMap<String, String>| settings.get(key).map_or("not set", |v| v).to_owned();
        Err(self.problem(CheckpointProblem::Setting {
            key: key.clone(),
            checkpoint: text(theirs),
            now: text(ours),
        }))
    }

    /// Checks that a training of `epochs` epochs of `batches` batches can have been at the checkpoint's
    /// position.
    fn check_position(&self, epochs: u64, batches: u64) -> Result<(), Error> {
        let checked = self.header.position.check(epochs, batches);
        checked.map_err(|reason| self.problem(CheckpointProblem::Position(reason)))
    }

    fn hook_states(&self) -> Vec<(String, Vec<u8>)> {
        let hooks = self.sections.iter();
        hooks.filter_map(|(name, state)| Some((name.strip_prefix(HOOK)?.to_owned(), state.clone()))).collect()
    }

    fn bytes_of(&self, section: &'static str) -> Result<Bytes, Error> {
        let bytes = self.section(section);
        let bytes = bytes.ok_or_else(|| self.content(format!("no section `{section}`")))?;
        Ok(Bytes::from_bytes_vec(bytes.to_vec()))
    }

    fn content(&self, reason: impl ToString) -> Error {
        self.problem(CheckpointProblem::Content(reason.to_string()))
    }

    fn problem(&self, problem: CheckpointProblem) -> Error {
        Error::Checkpoint { path: self.path.clone(), problem }
    }
}

/// Loads the state of one of Burn's own optimizers. Burn loads it onto its default device, moves it to the
/// device of the parameters at the next step, and panics if the default device does not exist, such as a GPU
/// that is compiled in.
fn load_external(
    optimizer: &mut ModuleOptimizer,
    saved: Bytes,
    parameters: &[Parameter],
) -> Result<(), CheckpointProblem> {
    let id = |index: u64| Some(parameters.get(usize::try_from(index).ok()?)?.id.val());
    let bytes = pack::renumber(saved, pack::NamedBy::Id, id)?;
    let empty = optimizer.clone();
    // Unwind safe: the optimizer that was being loaded is dropped.
    let loaded = catch_unwind(AssertUnwindSafe(|| empty.from_bytes(bytes))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        CheckpointProblem::DefaultDevice(text.unwrap_or_default())
    })?;
    *optimizer = loaded.map_err(|error| CheckpointProblem::Content(error.to_string()))?;
    Ok(())
}
