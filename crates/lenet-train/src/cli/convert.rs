//! `convert`: weights from one format to another.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use indicatif::HumanCount;
use lenet_model::weights;

use super::print::print_line;
use super::weights_source::WeightsSource;

#[derive(Args)]
pub(super) struct ConvertArgs {
    /// The weights: .safetensors, .bpk (Burn), .pt, .pth or any other name (PyTorch: a state_dict, a model,
    /// or a checkpoint with one in it; the content decides), the folder of a run, or `pretrained`, the trained
    /// weights in the program
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The file to write: .safetensors (for PyTorch's load_state_dict, too), .bpk (Burn) or .onnx. An
    /// existing file is replaced; of a symbolic link, the file that it leads to
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

pub(super) fn run(args: &ConvertArgs) -> anyhow::Result<ExitCode> {
    let from = WeightsSource::named(&args.from);
    let is_overwritten = from.file().is_some_and(|file| is_same_file(file, &args.to));
    ensure!(!is_overwritten, "{from}: would be overwritten: name another file");
    let state = from.read()?;
    weights::write_state_dict(&state, &args.to)?;
    let numbers: usize = state.parameters().iter().map(|parameter| parameter.values.len()).sum();
    print_line(format_args!("{}: {} parameters from {from}", args.to.display(), HumanCount(numbers as u64)))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether both paths lead to the same file, through any folder, link or spelling.
fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
