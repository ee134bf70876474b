//! [`Checkpoint`]: all of a training at one moment, in one file.

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

const MODEL: &str = "model";
const OPTIMIZER: &str = "optimizer";
/// Before the name of a hook.
const HOOK: &str = "hook:";

/// All of a training at one moment: the module, the optimizer's and the hooks' state, the position in the epoch
/// and the settings.
///
/// A checkpoint read from a file is whole: its SHA-256 was right.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    header: Header,
    /// Name and content, in the order of the file.
    sections: Vec<(String, Vec<u8>)>,
}

/// What a reader must know before it touches a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    position: SavedPosition,
    settings: BTreeMap<String, String>,
    /// Names and shapes of the module's tensors. In the sections a tensor is known by its place in this list:
    /// Burn's own numbers of parameters are drawn anew in each process.
    tensors: Vec<(String, Vec<usize>)>,
    /// The lowest validation loss so far, as bits.
    best_loss_bits: Option<u64>,
}

impl Checkpoint {
    /// Reads and verifies the checkpoint at `path`.
    ///
    /// # Errors
    /// [`Error::Checkpoint`]: not a checkpoint, cut short, damaged, or of another format version;
    /// [`Error::Io`] if it cannot be read.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        file::decode(path, &bytes)
    }

    /// The file that it was read from, or will be written to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many steps had been made.
    pub fn step(&self) -> u64 {
        self.header.position.step
    }

    /// The epoch that the next step belongs to, from 0; after the last step, the number of epochs.
    pub fn epoch(&self) -> u64 {
        self.header.position.epoch
    }

    /// What the training was told to keep, beside its schedule and sizes.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.header.settings
    }

    /// The bytes of a section: `model`, `optimizer`, or `hook:` and a hook's name. Equal states have equal bytes.
    pub fn section(&self, name: &str) -> Option<&[u8]> {
        self.sections.iter().find(|(section, _)| section == name).map(|(_, bytes)| &**bytes)
    }

    /// `module` with the weights of the checkpoint. It keeps its parameters' ids and its device.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] naming the first tensor that the two do not share.
    pub fn load_model<M: Module>(&self, module: M) -> Result<M, Error> {
        let parameters = parameters(&module);
        self.check_tensors(&parameters)?;
        let id = |index: u64| Some(parameters.get(usize::try_from(index).ok()?)?.id.val());
        let bytes = pack::renumber(self.bytes_of(MODEL)?, pack::NamedBy::Path, id);
        let bytes = bytes.map_err(|problem| self.problem(problem))?;
        let record = ModuleRecord::from_bytes(bytes).map_err(|error| self.content(error))?;
        module.try_load_record(record).map_err(|error| self.content(error))
    }

    /// Gives `updater` the state of the checkpoint, for the `parameters` of a module on `device`.
    fn load_updater(
        &self,
        updater: &mut Updater,
        parameters: &[Parameter],
        device: &Device,
    ) -> Result<(), Error> {
        let saved = self.bytes_of(OPTIMIZER)?;
        let loaded = match updater {
            Updater::Ours(slots) => pack::load_slots(slots, saved.clone(), device),
            Updater::Burns(optimizer, _) => load_burns(optimizer, saved.clone(), parameters),
        };
        // What does not fit is left out in silence, so look at what was taken.
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

    fn check_settings(&self, ours: &BTreeMap<String, String>) -> Result<(), Error> {
        let theirs = &self.header.settings;
        let different = ours.keys().chain(theirs.keys()).find(|key| ours.get(*key) != theirs.get(*key));
        let Some(key) = different else { return Ok(()) };
        let text =
            |settings: &BTreeMap<String, String>| settings.get(key).map_or("not set", |v| v).to_owned();
        Err(self.problem(CheckpointProblem::Setting {
            key: key.clone(),
            checkpoint: text(theirs),
            now: text(ours),
        }))
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

/// Burn loads onto its default device. (It moves the state of its own optimizers to that of the parameters at the next
/// step.) Where that device is not to be had, such as a GPU that is compiled in but not there, it panics.
fn load_burns(
    optimizer: &mut ModuleOptimizer,
    saved: Bytes,
    parameters: &[Parameter],
) -> Result<(), CheckpointProblem> {
    let id = |index: u64| Some(parameters.get(usize::try_from(index).ok()?)?.id.val());
    let bytes = pack::renumber(saved, pack::NamedBy::Id, id)?;
    let empty = optimizer.clone();
    // Unwind safe: what was being loaded is gone.
    let loaded = catch_unwind(AssertUnwindSafe(|| empty.from_bytes(bytes))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        CheckpointProblem::DefaultDevice(text.unwrap_or_default())
    })?;
    *optimizer = loaded.map_err(|error| CheckpointProblem::Content(error.to_string()))?;
    Ok(())
}
