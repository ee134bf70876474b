//! [`Selection`]: the runs that a command compares, `FOLDER` or `FOLDER,KEY=VALUE,…`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::ensure;
use lenet_report::training::Run;

use super::super::run_settings::SETTINGS;
use super::super::settings::TrainArgs;

/// Runs of a folder with some settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// As it was given.
    pub(super) text: String,
    folder: PathBuf,
    filters: Vec<(String, String)>,
}

impl Selection {
    /// Parses a folder and, after commas, the settings that its runs must have. A part without `=` belongs to the value before
    /// it: `betas=0.9,0.999` is one setting.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let folder = parts
            .next()
            .filter(|folder| !folder.is_empty())
            .ok_or("expected FOLDER or FOLDER,KEY=VALUE,…")?;
        let mut filters: Vec<(String, String)> = Vec::new();
        for part in parts {
            match (part.split_once('='), filters.last_mut()) {
                (Some((key, value)), _) => filters.push((key.trim().to_owned(), value.trim().to_owned())),
                (None, Some((_, value))) => *value = format!("{value},{part}"),
                (None, None) => {
                    return Err(format!("expected KEY=VALUE after the comma, such as {folder},lr=0.01"));
                }
            }
        }
        Ok(Self { text: text.to_owned(), folder: folder.into(), filters })
    }

    /// The completed runs by their seeds. Their settings are the same but for the seed.
    pub(super) fn read(&self) -> anyhow::Result<BTreeMap<String, Run>> {
        let mut runs = super::read(&self.folder)?;
        ensure!(
            !self.folder.join(SETTINGS).exists(),
            "{} is a run: name the folder that it is in, and after a comma the settings of the runs to compare",
            self.folder.display()
        );
        ensure!(!runs.is_empty(), "no runs in {}", self.folder.display());
        for filter in &self.filters {
            let values = values(&runs, &filter.0);
            super::apply(filter, &mut runs, &self.folder)?;
            ensure!(
                !runs.is_empty(),
                "{}: no run has these settings; the values of {} are {values}",
                self.text,
                filter.0
            );
        }
        runs.retain(|run| run.end().is_some_and(|(.., reason)| reason == "completed"));
        ensure!(!runs.is_empty(), "{}: no run is completed", self.text);
        for run in &runs[1..] {
            if let Some((name, one, other)) = differing(&runs[0], run).into_iter().next() {
                anyhow::bail!(
                    "{}: runs with {name} {one} and with {name} {other}: choose one, such as {},{name}={one}",
                    self.text,
                    self.text
                );
            }
        }
        let mut by_seed = BTreeMap::new();
        for run in runs {
            let (seed, name) = (setting(&run, "seed").to_owned(), run.name.clone());
            let other = by_seed.insert(seed.clone(), run);
            let other = other.map(|other| other.name).unwrap_or_default();
            ensure!(other.is_empty(), "{}: two runs with seed {seed}, {other} and {name}", self.text);
        }
        Ok(by_seed)
    }
}

/// The settings, but for the seed, that two runs do not have in common and that change their results: name, the one value and the
/// other.
pub(super) fn differing<'a>(one: &'a Run, other: &'a Run) -> Vec<(&'a str, &'a str, &'a str)> {
    let names = one.settings.iter().chain(&other.settings).map(|(name, _)| name.as_str());
    let mut names: Vec<&str> = names.filter(|name| *name != "seed" && !TrainArgs::is_free(name)).collect();
    names.sort_unstable();
    names.dedup();
    let pairs = names.into_iter().map(|name| (name, setting(one, name), setting(other, name)));
    pairs.filter(|(_, one, other)| one != other).collect()
}

/// The value of a setting; `–` if it is not set.
pub(super) fn setting<'a>(run: &'a Run, name: &str) -> &'a str {
    run.settings.iter().find(|(other, _)| other == name).map_or("–", |(_, value)| value)
}

/// The values that a setting has in `runs`, the first few of them.
fn values(runs: &[Run], name: &str) -> String {
    const MOST: usize = 8;
    let found = runs.iter().flat_map(|run| &run.settings).filter(|(setting, _)| setting == name);
    let found: BTreeSet<&str> = found.map(|(_, value)| value.as_str()).collect();
    let mut shown: Vec<&str> = found.iter().copied().take(MOST).collect();
    if found.len() > MOST {
        shown.push("…");
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_follow_the_folder_after_commas() {
        let found = Selection::parse("sweeps/a,optimizer=adamw,betas=0.9,0.999").unwrap();
        assert_eq!(found.folder, PathBuf::from("sweeps/a"));
        let expected = [("optimizer", "adamw"), ("betas", "0.9,0.999")];
        assert_eq!(found.filters, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert!(Selection::parse(",lr=1").is_err() && Selection::parse("runs,lr").is_err());
    }
}
