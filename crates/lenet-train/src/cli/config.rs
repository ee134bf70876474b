//! `--config` and `--resume`: flags from a file, inserted before those on the command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};
use clap::Parser;
use lenet_train::settings;

use super::run_settings::{self, SETTINGS};
use super::settings::TrainArgs;

/// A setting of a file, as the only argument.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true)]
struct OneSetting {
    #[command(flatten)]
    _train: TrainArgs,
}

/// Inserts the settings of the files that `--config` and `--resume` name before the flags in `arguments`: of
/// two values of one flag the later wins, and of two files with `--config`, too, setting by setting.
pub(super) fn expand(arguments: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    // Only `train`, which may be left out, has these flags.
    let at = match arguments.get(1).and_then(|first| first.to_str()) {
        Some("train") => 2,
        Some(command) if !command.starts_with('-') => return Ok(arguments),
        _ => 1,
    };
    let mut settings = BTreeMap::new();
    if let Some(run) = values_of(&arguments, "--resume")?.pop() {
        let folder = PathBuf::from(run);
        let file = folder.join(SETTINGS);
        ensure!(file.exists(), "{} is not the folder of a run: it has no {SETTINGS}", folder.display());
        settings.extend(flags(&file, &run_settings::read_sealed(&file)?)?);
    }
    for file in values_of(&arguments, "--config")? {
        let file = Path::new(&file);
        settings.extend(flags(file, &run_settings::read(file)?)?);
    }
    let mut expanded = arguments;
    let at = at.min(expanded.len());
    expanded.splice(at..at, settings.into_values().flatten());
    Ok(expanded)
}

/// The values of `flag`, each the argument after it or the text after `flag=`.
fn values_of(arguments: &[OsString], flag: &str) -> anyhow::Result<Vec<OsString>> {
    let mut values = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == flag {
            values.extend(rest.next().cloned());
        } else if let Some(joined) = argument.to_string_lossy().strip_prefix(&format!("{flag}=")) {
            ensure!(argument.to_str().is_some(), "{flag}={joined}: not UTF-8: put a space instead of `=`");
            values.push(joined.into());
        }
    }
    Ok(values)
}

/// The flag of each setting in the `text` of `file`, each accepted by clap on its own; `None` for one that is
/// off.
fn flags(file: &Path, text: &str) -> anyhow::Result<Vec<(String, Option<OsString>)>> {
    let settings = settings::parse(text).map_err(|error| anyhow!("{}, {error}", file.display()))?;
    let mut flags = Vec::new();
    for setting in settings {
        let (key, place) = (&setting.key, format!("{}, line {}", file.display(), setting.line));
        if key == "config" || key == "resume" {
            bail!("{place}: `{key}` has no effect in a file: use --{key} on the command line");
        }
        // A flag that is absent is checked, too.
        let flag = setting.flag.clone().unwrap_or_else(|| format!("--{key}"));
        OneSetting::try_parse_from([&flag]).map_err(|error| anyhow!("{place}: {}", in_short(&error)))?;
        flags.push((setting.key, setting.flag.map(OsString::from)));
    }
    Ok(flags)
}

/// The message of clap on one line, without usage and help.
fn in_short(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix("error: ").unwrap_or(line)).collect();
    lines.join("; ")
}
