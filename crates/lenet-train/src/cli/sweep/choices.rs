//! [`Choices`]: one setting with each of several values and seeds, for commands that train many runs to read from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::expand::expand;
use super::spec::Spec;
use super::{Sweep, find_data};

/// Runs to train.
pub(in crate::cli) struct Choices<'a> {
    /// The settings of every run, as flags without the seed.
    pub(in crate::cli) flags: &'a [String],
    /// The setting that varies.
    pub(in crate::cli) name: &'a str,
    /// Its values, each once.
    pub(in crate::cli) values: &'a [String],
    pub(in crate::cli) seeds: &'a [u64],
    /// The folder for the folders of the runs.
    pub(in crate::cli) folder: &'a Path,
    /// Runs side by side.
    pub(in crate::cli) jobs: usize,
    /// Threads of all runs together; `None` for all.
    pub(in crate::cli) threads: Option<usize>,
}

impl Choices<'_> {
    /// Trains the runs that have not ended. Returns the folders of the runs of each value, one for each seed; or the exit code, if a
    /// run failed or a signal came.
    pub(in crate::cli) fn train(&self) -> anyhow::Result<Result<Vec<Vec<PathBuf>>, ExitCode>> {
        let spec =
            Spec::of_seeds(self.flags.to_vec(), self.seeds.to_vec()).with_choice(self.name, self.values);
        let mut runs = expand(&spec)?;
        find_data(&mut runs)?;
        let folder = self.folder;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let sweep = Sweep::new(&spec, &runs, folder, self.jobs, self.threads)?;
        let failures = sweep.train_all();
        if !failures.is_empty() || sweep.interrupt.is_requested() {
            return Ok(Err(sweep.end(&failures)));
        }
        let folders: Vec<PathBuf> = (0..runs.len()).map(|run| sweep.path(run)).collect();
        Ok(Ok(folders.chunks(self.seeds.len()).map(<[PathBuf]>::to_vec).collect()))
    }
}
