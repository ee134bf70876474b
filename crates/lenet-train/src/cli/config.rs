//! `--recipe`, `--config` and `--resume`: flags from a recipe or a file, inserted before those on the command
//! line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};
use clap::{Parser, ValueEnum};
use lenet_train::settings;

use super::print::on_one_line;
use super::recipes::Recipe;
use super::run_folder::is_run;
use super::run_settings::{self, SETTINGS};
use super::settings::TrainArgs;

/// Settings, each with its flag; `None` for one that is off.
type Settings = BTreeMap<String, Option<OsString>>;

/// A choice, and the settings that belong to it: another choice drops them.
const CHOICES: [(&str, &[&str]); 7] = [
    (
        "optimizer",
        &["lr", "momentum", "weight-decay", "no-bias-decay", "betas", "alpha", "centered", "layer-lr"],
    ),
    ("schedule", &["warm-up", "step-every", "rate-factor"]),
    ("loss", &["smoothing", "class-weights"]),
    ("teacher", &["smoothing", "class-weights", "teacher-share", "teacher-temperature"]),
    ("epochs", &["images"]),
    ("images", &["epochs"]),
    ("normalise", &["mean", "std"]),
];

/// Settings of a file as arguments.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true)]
struct FileSettings {
    #[command(flatten)]
    train: TrainArgs,
}

/// The settings of the run in `folder`, as if it were resumed.
pub(super) fn settings_of_run(folder: &Path) -> anyhow::Result<TrainArgs> {
    let resume = ["lenet-train".into(), "train".into(), "--resume".into(), folder.as_os_str().to_owned()];
    settings_of(resume.to_vec())
        .map_err(|error| anyhow!("{}: {}", folder.join(SETTINGS).display(), on_one_line(&error)))
}

/// The settings of a training that begins with `arguments`, the program and the command `train`.
pub(super) fn settings_of(arguments: Vec<OsString>) -> anyhow::Result<TrainArgs> {
    let arguments = expand(arguments)?;
    let settings = FileSettings::try_parse_from(&arguments[2..]);
    Ok(settings.map_err(|error| anyhow!(in_short(&error)))?.train)
}

/// Checks that `train` accepts the `flag` of the setting `name`; one that is off has none, and is checked, too.
pub(super) fn accepts(name: &str, flag: Option<&str>) -> anyhow::Result<()> {
    let flag = flag.map_or_else(|| format!("--{name}"), str::to_owned);
    FileSettings::try_parse_from([flag]).map(|_| ()).map_err(|error| anyhow!(in_short(&error)))
}

/// Inserts the settings of the recipe and of the files that `--config` and `--resume` name before the flags in
/// `arguments`: of two values of one flag the later wins, and of two files with `--config`, too, setting by
/// setting.
pub(super) fn expand(arguments: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    // Only `train`, which may be left out, has these flags.
    let at = match arguments.get(1).and_then(|first| first.to_str()) {
        Some("train") => 2,
        Some(command) if !command.starts_with('-') => return Ok(arguments),
        _ => 1,
    };
    let mut files = Vec::new();
    let resumed = values_of(&arguments, "--resume")?.pop();
    if let Some(run) = &resumed {
        let recipe = values_of(&arguments, "--recipe")?;
        ensure!(
            recipe.is_empty(),
            "--recipe has no effect beside --resume: a run keeps the one it began with"
        );
        let folder = PathBuf::from(run);
        let file = folder.join(SETTINGS);
        is_run(&folder, SETTINGS)?;
        files.push(flags(&file, &run_settings::read_sealed(&file)?)?);
    }
    for file in values_of(&arguments, "--config")? {
        let file = Path::new(&file);
        let text = run_settings::read(file)?;
        let mut settings = flags(file, &text)?;
        if run_settings::is_of_a_run(&text) {
            // A run of a version without recipes.
            settings.entry("recipe".into()).or_insert_with(|| Some("--recipe=none".into()));
        }
        files.push(settings);
    }
    let mut settings = match resumed {
        Some(_) => Settings::new(), // run.toml has the settings of its recipe.
        None => recipe(&arguments, &files)?,
    };
    for file in files {
        let chosen = |choice: &str| file.get(choice).cloned().flatten();
        drop_settings_of_other_choices(&mut settings, chosen);
        settings.extend(file);
    }
    for (choice, _) in CHOICES {
        let value = values_of(&arguments, &format!("--{choice}"))?.pop();
        let flag = value.map(|value| joined(choice, &value));
        drop_settings_of_other_choices(&mut settings, |name| flag.clone().filter(|_| name == choice));
    }
    let mut expanded = arguments;
    let at = at.min(expanded.len());
    expanded.splice(at..at, settings.into_values().flatten());
    Ok(expanded)
}

/// The settings of the recipe that the command line names, or else the last file with one, or else the
/// default recipe.
fn recipe(arguments: &[OsString], files: &[Settings]) -> anyhow::Result<Settings> {
    let named = files.iter().rev().find_map(|file| file.get("recipe").cloned().flatten());
    let named = named.and_then(|flag| Some(flag.to_str()?.strip_prefix("--recipe=")?.to_owned()));
    let flag = values_of(arguments, "--recipe")?.pop();
    let name = flag.map(|name| name.to_string_lossy().into_owned()).or(named);
    // What is no recipe, clap refuses with the list of recipes.
    let recipe = name.as_deref().map_or(Ok(Recipe::Default), |name| Recipe::from_str(name, false));
    let Ok(recipe) = recipe else { return Ok(Settings::new()) };
    let name = recipe.to_possible_value().map_or_else(String::new, |name| name.get_name().to_owned());
    let mut settings = flags(Path::new(&format!("recipe {name}")), recipe.settings())?;
    settings.insert("recipe".into(), Some(joined("recipe", name.as_ref())));
    Ok(settings)
}

/// Removes settings that belong to another choice than the one that is `chosen` now.
fn drop_settings_of_other_choices(settings: &mut Settings, chosen: impl Fn(&str) -> Option<OsString>) {
    for (choice, dependents) in CHOICES {
        let Some(flag) = chosen(choice) else { continue };
        if settings.get(choice) != Some(&Some(flag)) {
            settings.retain(|key, _| !dependents.contains(&&**key));
        }
    }
}

/// `--key=value`.
fn joined(key: &str, value: &std::ffi::OsStr) -> OsString {
    let mut flag = OsString::from(format!("--{key}="));
    flag.push(value);
    flag
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

/// The flag of each setting in the `text` of `file`, each accepted by clap on its own.
fn flags(file: &Path, text: &str) -> anyhow::Result<Settings> {
    let settings = settings::parse(text).map_err(|error| anyhow!("{}, {error}", file.display()))?;
    let mut flags = Settings::new();
    for setting in settings {
        let (key, place) = (&setting.key, format!("{}, line {}", file.display(), setting.line));
        if key == "config" || key == "resume" {
            bail!("{place}: `{key}` has no effect in a file: use --{key} on the command line");
        }
        accepts(key, setting.flag.as_deref()).map_err(|error| anyhow!("{place}: {error}"))?;
        flags.insert(setting.key, setting.flag.map(OsString::from));
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
