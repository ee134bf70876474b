//! Fine-tuning: the weights that a training starts from, and the layers that keep them.

use std::path::{Path, PathBuf};

use burn::module::ParamGroup;
use clap::Args;
use lenet_model::StateDict;
use serde::{Serialize, Serializer};

use super::super::data::lossy;
use super::super::parse::{self, Steps};

/// The value of `--freeze` that freezes nothing, for instance not what a recipe does.
const NONE: &str = "none";

#[derive(Args, Serialize)]
#[command(next_help_heading = "Fine-tuning")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FineTuningArgs {
    /// Start from these weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), those of the run
    /// in this folder, or `pretrained`, the trained weights in the program [default: drawn from the seed]
    #[arg(long, value_name = "WEIGHTS")]
    #[serde(serialize_with = "path", skip_serializing_if = "Option::is_none")]
    pub(crate) init: Option<PathBuf>,
    /// Layers or parameters that keep their weights, such as conv1,conv2 or fc1.bias; conv1@40% keeps those that conv1 has
    /// after 40 % of the steps, conv1@500 those after 500 steps [default: none]
    #[arg(long, value_name = "NAMES", value_parser = freeze)]
    pub(crate) freeze: Option<Freeze>,
}

/// Layers and parameters that keep their weights once so many steps are done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Freeze(Vec<(String, Steps)>);

impl FineTuningArgs {
    /// The parameters that keep their weights, with the number of steps before; `all` is that of the training.
    pub(crate) fn frozen(&self, all: u64) -> Vec<(u64, ParamGroup)> {
        let group = |(name, steps): &(String, Steps)| {
            let names = StateDict::names().filter(|parameter| is_part_of(parameter, name));
            (steps.of(all), ParamGroup::from_paths(names.collect()))
        };
        self.freeze.iter().flat_map(|freeze| &freeze.0).map(group).collect()
    }

    /// The layers and parameters that would freeze only after the last of `all` steps, as `--freeze` names them.
    pub(crate) fn frozen_too_late(&self, all: u64) -> Option<String> {
        let is_late = |(_, steps): &&(String, Steps)| steps.of(all) >= all;
        let late: Vec<_> =
            self.freeze.iter().flat_map(|freeze| &freeze.0).filter(is_late).map(with_steps).collect();
        (!late.is_empty()).then(|| late.join(","))
    }

    /// Whether the step that freezes a layer depends on the number of epochs.
    pub(crate) fn depends_on_epochs(&self) -> bool {
        let is_share = |(_, steps): &(String, Steps)| matches!(steps, Steps::Share(_));
        self.freeze.as_ref().is_some_and(|freeze| freeze.0.iter().any(is_share))
    }
}

impl Serialize for Freeze {
    /// As [`freeze`] reads it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(NONE),
            names => serializer.serialize_str(&names.iter().map(with_steps).collect::<Vec<_>>().join(",")),
        }
    }
}

/// `NAME` or `NAME@STEPS`.
fn with_steps((name, steps): &(String, Steps)) -> String {
    match steps {
        Steps::Number(0) => name.clone(),
        steps => format!("{name}@{steps}"),
    }
}

fn path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    lossy(path.as_deref().unwrap_or(Path::new("")), serializer)
}

/// Whether `name` is the parameter's name or that of its layer.
fn is_part_of(parameter: &str, name: &str) -> bool {
    parameter.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Parses names of layers and parameters, separated by commas, each with the steps before if there are some.
fn freeze(text: &str) -> Result<Freeze, String> {
    if text.trim() == NONE {
        return Ok(Freeze(Vec::new()));
    }
    let frozen: Vec<_> = text.split(',').map(str::trim).map(name_and_steps).collect::<Result<_, _>>()?;
    for (index, (name, _)) in frozen.iter().enumerate() {
        if frozen[..index].iter().any(|(other, _)| is_part_of(name, other) || is_part_of(other, name)) {
            return Err(format!("`{name}` is frozen twice"));
        }
    }
    let is_frozen = |parameter: &str| frozen.iter().any(|(name, _)| is_part_of(parameter, name));
    if StateDict::names().all(is_frozen) {
        return Err("leaves nothing to train".into());
    }
    Ok(Freeze(frozen))
}

/// Parses `NAME` or `NAME@STEPS`.
fn name_and_steps(text: &str) -> Result<(String, Steps), String> {
    let (name, steps) = match text.split_once('@') {
        Some((name, steps)) => (name, parse::steps(steps).map_err(|error| format!("`{text}`: {error}"))?),
        None => (text, Steps::Number(0)),
    };
    if !StateDict::names().any(|parameter| is_part_of(parameter, name)) {
        let layers: Vec<&str> = StateDict::names().filter_map(|name| name.strip_suffix(".weight")).collect();
        let (layers, example) = (layers.join(", "), StateDict::names().next().unwrap_or_default());
        return Err(format!(
            "`{name}` is no layer: expected some of {layers}, or one of their parameters, such as {example}"
        ));
    }
    Ok((name.to_owned(), steps))
}
