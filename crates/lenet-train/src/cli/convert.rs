//! `convert`: weights from one format to another.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use indicatif::HumanCount;
use lenet_model::weights;

use super::print::print_line;
use super::run_folder::WEIGHTS;

#[derive(Args)]
pub(super) struct ConvertArgs {
    /// The weights: .safetensors, .bpk (Burn), .pt, .pth or any other name (PyTorch: a state_dict, a model,
    /// or a checkpoint with one in it; the content decides), or the folder of a run
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The file to write: .safetensors (for PyTorch's load_state_dict, too), .bpk (Burn) or .onnx. An
    /// existing file is replaced; of a symbolic link, the file that it leads to
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

pub(super) fn run(args: &ConvertArgs) -> anyhow::Result<ExitCode> {
    let from = if args.from.is_dir() { args.from.join(WEIGHTS) } else { args.from.clone() };
    ensure!(!is_same_file(&from, &args.to), "{}: would be overwritten: name another file", from.display());
    let state = weights::read_state_dict(&from)?;
    weights::write_state_dict(&state, &args.to)?;
    let numbers: usize = state.parameters().iter().map(|parameter| parameter.values.len()).sum();
    print_line(format_args!(
        "{}: {} parameters from {}",
        args.to.display(),
        HumanCount(numbers as u64),
        from.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether both paths lead to the same file, through any folder, link or spelling.
fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
