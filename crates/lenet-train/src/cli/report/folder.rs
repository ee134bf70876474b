//! The records and settings of a run from its folder.

use std::path::Path;

use anyhow::Context;
use lenet_report::run::{LayerRecord, Record, ReluRecord};
use lenet_report::training::Run;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::run_folder::{LAYERS, MANIFEST, METRICS, RELUS, is_run};
use super::super::run_settings::{self, SETTINGS};

/// The setting of the learning rate.
const RATE: &str = "lr";
/// Limit of the size of a file of records.
const MOST_BYTES: u64 = 1 << 28;

/// Reads a run. Lines that are no records, such as the last one of a killed run, are passed over.
pub(in crate::cli) fn read(folder: &Path) -> anyhow::Result<Run> {
    is_run(folder, MANIFEST)?;
    let (manifest, settings_file) = (folder.join(MANIFEST), folder.join(SETTINGS));
    let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = path.file_name().unwrap_or(folder.as_os_str());
    let mut run = Run::new(name.to_string_lossy());
    run.records = metrics(folder)?;
    run.layers = lines::<LayerRecord>(&folder.join(LAYERS))?;
    run.relus = lines::<ReluRecord>(&folder.join(RELUS))?;
    run.settings = settings(&settings_file)?;
    let manifest = json(&manifest)?;
    if let (false, Some(rate)) = (run.settings.iter().any(|(name, _)| name == RATE), rate(&manifest)) {
        run.settings.push((RATE.to_owned(), rate.to_string()));
        run.settings.sort();
    }
    run.facts = facts(&manifest);
    run.command = format!("lenet-train --config {}", quoted(&settings_file.to_string_lossy()));
    Ok(run)
}

/// The lines of `metrics.jsonl` of the run in `folder`.
pub(in crate::cli) fn metrics(folder: &Path) -> anyhow::Result<Vec<Record>> {
    lines(&folder.join(METRICS))
}

fn lines<T: DeserializeOwned>(file: &Path) -> anyhow::Result<Vec<T>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let bytes = lenet_files::read(file, MOST_BYTES)?;
    Ok(bytes.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// The settings by name.
fn settings(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = run_settings::read(file)?;
    let table: toml::Table = text.parse().with_context(|| format!("{} is not TOML", file.display()))?;
    let value = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(table.into_iter().map(|(key, setting)| (key, value(setting))).collect())
}

fn json(file: &Path) -> anyhow::Result<Value> {
    let bytes = lenet_files::read(file, MOST_BYTES)?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", file.display()))
}

/// The learning rate, or its highest or first value, that a run has without `--lr`: the default depends on the optimizer.
fn rate(manifest: &Value) -> Option<f64> {
    let schedule = manifest.pointer("/settings/schedule")?;
    ["learning_rate", "initial", "peak"].into_iter().find_map(|name| schedule.get(name)?.as_f64())
}

/// Data, device and versions of the manifest. Its settings are in the file of settings.
fn facts(manifest: &Value) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for part in ["started", "data", "init", "device", "versions"] {
        flatten(part, manifest.get(part), &mut facts);
    }
    facts
}

/// Adds a value, or each value of an object, under its path.
fn flatten(name: &str, value: Option<&Value>, facts: &mut Vec<(String, String)>) {
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Object(fields)) => {
            for (field, value) in fields {
                flatten(&format!("{name} {}", field.replace('_', " ")), Some(value), facts);
            }
        }
        Some(Value::Array(values)) if values.is_empty() => {}
        Some(Value::String(text)) => facts.push((name.to_owned(), text.clone())),
        Some(other) => facts.push((name.to_owned(), other.to_string())),
    }
}

/// An argument of a shell.
fn quoted(argument: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+=:".contains(char);
    match argument.chars().all(is_plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_argument_as_one_word() {
        assert_eq!(quoted("runs/one-2"), "runs/one-2");
        assert_eq!(quoted("a b'; rm"), r"'a b'\''; rm'");
    }
}
