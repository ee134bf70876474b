//! Fine-tuning: the weights that a training starts from, and the layers that keep them.

use std::path::{Path, PathBuf};

use burn::module::ParamGroup;
use clap::Args;
use lenet_model::StateDict;
use serde::{Serialize, Serializer};

use super::super::data::lossy;

#[derive(Args, Serialize)]
#[command(next_help_heading = "Fine-tuning")]
#[serde(rename_all = "kebab-case")]
pub(crate) struct FineTuningArgs {
    /// Start from these weights (.safetensors, .bpk, or of PyTorch: .pt, .pth, .ckpt and others), those of the run
    /// in this folder, or `pretrained`, the trained weights in the program [default: drawn from the seed]
    #[arg(long, value_name = "WEIGHTS")]
    #[serde(serialize_with = "path", skip_serializing_if = "Option::is_none")]
    pub(crate) init: Option<PathBuf>,
    /// Layers or parameters that keep their weights, such as conv1,conv2 or fc1.bias [default: none]
    #[arg(long, value_name = "NAMES", value_parser = layers)]
    pub(crate) freeze: Option<String>,
}

impl FineTuningArgs {
    /// The parameters that keep their weights.
    pub(crate) fn frozen(&self) -> Option<ParamGroup> {
        let names: Vec<&str> = self.freeze.as_deref()?.split(',').collect();
        let is_frozen = |parameter: &&str| names.iter().any(|name| is_part_of(parameter, name));
        Some(ParamGroup::from_paths(StateDict::names().filter(is_frozen).collect()))
    }
}

fn path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    lossy(path.as_deref().unwrap_or(Path::new("")), serializer)
}

/// Whether `name` is the parameter's name or that of its layer.
fn is_part_of(parameter: &str, name: &str) -> bool {
    parameter.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Parses names of layers and parameters, separated by commas.
fn layers(text: &str) -> Result<String, String> {
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_unknown = |name: &&&str| !StateDict::names().any(|parameter| is_part_of(parameter, name));
    if let Some(unknown) = names.iter().find(is_unknown) {
        let layers: Vec<&str> = StateDict::names().filter_map(|name| name.strip_suffix(".weight")).collect();
        let (layers, example) = (layers.join(", "), StateDict::names().next().unwrap_or_default());
        return Err(format!(
            "`{unknown}` is no layer: expected some of {layers}, or one of their parameters, such as {example}"
        ));
    }
    if StateDict::names().all(|parameter| names.iter().any(|name| is_part_of(parameter, name))) {
        return Err("leaves nothing to train".into());
    }
    Ok(names.join(","))
}
