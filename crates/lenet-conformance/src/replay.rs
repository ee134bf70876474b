//! Replay files: the inputs, results and expected results of a failed case, on disk.
//!
//! The format is safetensors with f64 tensors: `input.NAME`, `found.QUANTITY` (the subject's result),
//! `expected.QUANTITY` and `bound.QUANTITY` (the oracle's value and hard bound). The metadata name the
//! subject, the rung, the case, the seed and the ladder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::{Array, Case, Error, Findings, Ladder, Rung, Subject};
use lenet_report::conformance::Status;

/// The folder for the replay files of a run, and the settings of the run that a file records.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReplayOptions {
    /// The folder that replay files are written to; created if it does not exist.
    pub folder: PathBuf,
    /// The seed of the ladder.
    pub seed: u64,
    /// Whether the run uses the short ladder.
    pub quick: bool,
}

impl ReplayOptions {
    /// Replay files in `folder` for cases of `ladder`.
    pub fn new(folder: impl Into<PathBuf>, ladder: &Ladder) -> Self {
        Self { folder: folder.into(), seed: ladder.seed, quick: ladder.quick }
    }
}

/// The case that a replay file repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// Name of the subject.
    pub subject: String,
    /// Rung of the case.
    pub rung: Rung,
    /// Name of the case.
    pub case: String,
    /// Seed of the run.
    pub seed: u64,
    /// Whether the run used the short ladder.
    pub quick: bool,
}

impl Replay {
    /// A case of `ladder` on a subject.
    pub fn new(subject: &str, rung: Rung, case: &str, ladder: &Ladder) -> Self {
        let (subject, case) = (subject.to_owned(), case.to_owned());
        Self { subject, rung, case, seed: ladder.seed, quick: ladder.quick }
    }

    /// The ladder that contains the case.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(self.seed, self.quick)
    }

    /// Builds the case with the same inputs.
    ///
    /// # Errors
    /// [`Error::NoCase`] if the ladder no longer contains the case.
    pub fn case(&self) -> Result<Case, Error> {
        let mut cases = self.ladder().cases().into_iter();
        let found = cases.find(|case| case.rung == self.rung && case.name == self.case);
        found.ok_or_else(|| Error::NoCase { pattern: self.case.clone() })
    }
}

/// Reads the metadata of a replay file.
///
/// # Errors
/// [`Error::Io`], [`Error::Replay`], [`Error::UnknownRung`].
pub fn load(path: &Path) -> Result<Replay, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let problem = |reason: String| Error::Replay { path: path.to_owned(), reason };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| problem(error.to_string()))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let get = |key: &str| metadata.get(key).ok_or_else(|| problem(format!("the metadata have no `{key}`")));
    Ok(Replay {
        subject: get("subject")?.clone(),
        rung: get("rung")?.parse()?,
        case: get("case")?.clone(),
        seed: get("seed")?.parse().map_err(|_| problem("`seed` is not a number".to_owned()))?,
        quick: get("quick")? == "true",
    })
}

/// Writes a replay file and sets its path in all failed checks. If writing fails, their details say so.
pub(crate) fn save(findings: &mut Findings, subject: &Subject, options: &ReplayOptions) {
    let Some(first) = findings.checks.first() else { return };
    let (rung, case) = (first.check.rung.clone(), first.check.case.clone());
    let name = format!("{}-{rung}-{case}.safetensors", subject.name).replace(['/', ':'], "-");
    let path = options.folder.join(name);
    let metadata = HashMap::from([
        ("subject".to_owned(), subject.name.clone()),
        ("rung".to_owned(), rung),
        ("case".to_owned(), case),
        ("seed".to_owned(), options.seed.to_string()),
        ("quick".to_owned(), options.quick.to_string()),
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
