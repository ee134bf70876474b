//! `--config` and `--resume`: flags from a file, inserted before those on the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};

use super::run_settings::{self, SETTINGS};

/// Inserts the settings of the files that `--config` and `--resume` name before the flags in `arguments`: of
/// two values of one flag the later wins.
pub(super) fn expand(arguments: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    let mut settings = Vec::new();
    if let Some(run) = value_of(&arguments, "--resume") {
        let folder = PathBuf::from(run);
        let file = folder.join(SETTINGS);
        ensure!(file.exists(), "{} is not the folder of a run: it has no {SETTINGS}", folder.display());
        settings.extend(flags(&file, &run_settings::read_sealed(&file)?)?);
    }
    if let Some(file) = value_of(&arguments, "--config") {
        let file = Path::new(&file);
        settings.extend(flags(file, &run_settings::read(file)?)?);
    }
    // After the name of the program and of the command, if there is one.
    let at = if arguments.get(1).is_some_and(|first| first == "train") { 2 } else { 1 };
    let mut expanded = arguments;
    expanded
        .splice(at.min(expanded.len()).., [settings, expanded[at.min(expanded.len())..].to_vec()].concat());
    Ok(expanded)
}

/// The argument after `flag`, or the text after `flag=`.
fn value_of(arguments: &[OsString], flag: &str) -> Option<OsString> {
    let position = arguments.iter().position(|argument| argument == flag);
    let joined = arguments.iter().filter_map(|argument| argument.to_str());
    let mut joined =
        joined.filter_map(|argument| Some(argument.strip_prefix(flag)?.strip_prefix('=')?.into()));
    position.and_then(|position| arguments.get(position + 1).cloned()).or_else(|| joined.next_back())
}

/// Converts the settings `text` of `file` to flags: `lr = 0.1` to `--lr=0.1`, `offline = true` to
/// `--offline`.
fn flags(file: &Path, text: &str) -> anyhow::Result<Vec<OsString>> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        anyhow::anyhow!("{}, line {line}: {}", file.display(), error.message())
    })?;
    let mut flags = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Boolean(true) => flags.push(format!("--{key}").into()),
            toml::Value::Boolean(false) => {}
            toml::Value::String(text) => flags.push(format!("--{key}={text}").into()),
            value @ (toml::Value::Integer(_) | toml::Value::Float(_)) => {
                flags.push(format!("--{key}={value}").into());
            }
            toml::Value::Array(list) if list.iter().all(|item| item.is_integer() || item.is_float()) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                flags.push(format!("--{key}={}", list.join(",")).into());
            }
            _ => bail!(
                "{}: `{key}` must be a number, a list of numbers, a text, true or false",
                file.display()
            ),
        }
    }
    Ok(flags)
}
