//! Replay files: a failed case on disk, with what went in, what came out and what should have.
//!
//! A file is safetensors: `input.NAME`, `found.QUANTITY`, and for what the oracle computed `expected.QUANTITY` and
//! `bound.QUANTITY`, all f64; the metadata say which case of which subject it was.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::run::Replays;
use crate::{Array, Case, Error, Findings, Ladder, Rung, Subject};
use lenet_report::conformance::Status;

/// What a replay file repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The name of the subject.
    pub subject: String,
    /// The rung of the case.
    pub rung: Rung,
    /// The name of the case.
    pub case: String,
    /// The seed of the run.
    pub seed: u64,
    /// Whether it was a case of the short ladder.
    pub quick: bool,
}

impl Replay {
    /// The ladder that the case is of.
    pub fn ladder(&self) -> Ladder {
        Ladder { seed: self.seed, quick: self.quick, exchange: None }
    }

    /// The case, with the inputs that it had.
    ///
    /// # Errors
    /// [`Error::NoCase`] if the ladder has changed and it is gone.
    pub fn case(&self) -> Result<Case, Error> {
        let mut cases = self.ladder().cases().into_iter();
        let found = cases.find(|case| case.rung == self.rung && case.name == self.case);
        found.ok_or_else(|| Error::NoCase { pattern: self.case.clone() })
    }
}

/// Reads what a replay file repeats.
///
/// # Errors
/// [`Error::Io`], [`Error::Replay`], [`Error::UnknownRung`].
pub fn load(path: &Path) -> Result<Replay, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let problem = |reason: String| Error::Replay { path: path.to_owned(), reason };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| problem(error.to_string()))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let get = |key: &str| metadata.get(key).ok_or_else(|| problem(format!("it has no `{key}`")));
    Ok(Replay {
        subject: get("subject")?.clone(),
        rung: get("rung")?.parse()?,
        case: get("case")?.clone(),
        seed: get("seed")?.parse().map_err(|_| problem("`seed` is no number".to_owned()))?,
        quick: get("quick")? == "true",
    })
}

/// Writes a file for the case and names it in its failed checks; if that is not possible, says so there.
pub(crate) fn save(findings: &mut Findings, subject: &Subject, replays: &Replays) {
    let Some(first) = findings.checks.first() else { return };
    let (rung, case) = (first.check.rung.clone(), first.check.case.clone());
    let name = format!("{}-{rung}-{case}.safetensors", subject.name).replace(['/', ':'], "-");
    let path = replays.folder.join(name);
    let metadata = HashMap::from([
        ("subject".to_owned(), subject.name.clone()),
        ("rung".to_owned(), rung),
        ("case".to_owned(), case),
        ("seed".to_owned(), replays.seed.to_string()),
        ("quick".to_owned(), replays.quick.to_string()),
    ]);
    let written = write(&tensors(findings), metadata, &path);
    for finding in findings.checks.iter_mut().filter(|finding| finding.check.status == Status::Fail) {
        match &written {
            Ok(()) => finding.check.replay = Some(path.display().to_string()),
            Err(error) => finding.check.detail += &format!(" (no replay file: {error})"),
        }
    }
}

fn tensors(findings: &Findings) -> Vec<(String, Array)> {
    let inputs = findings.inputs.iter().map(|(name, array)| (format!("input.{name}"), array.clone()));
    let mut tensors: Vec<_> = inputs.collect();
    for finding in &findings.checks {
        let quantity = &finding.check.quantity;
        if let Some(found) = &finding.found {
            tensors.push((format!("found.{quantity}"), found.clone()));
        }
        if let Some(expected) = &finding.expected {
            let shape = expected.shape.clone();
            let values = expected.values.clone();
            tensors.push((format!("expected.{quantity}"), Array { shape: shape.clone(), values }));
            tensors.push((format!("bound.{quantity}"), Array { shape, values: expected.hard.clone() }));
        }
    }
    tensors
}

fn write(tensors: &[(String, Array)], metadata: HashMap<String, String>, path: &Path) -> Result<(), String> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, array)| array.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, array), bytes)| Ok((name, TensorView::new(Dtype::F64, array.shape.clone(), bytes)?)))
        .collect();
    let views = views.map_err(|error: safetensors::SafeTensorError| error.to_string())?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    safetensors::serialize_to_file(views, Some(metadata), path).map_err(|error| error.to_string())
}
