//! `eval`: how good trained weights are.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::HumanCount;
use lenet_data::Loader;
use lenet_data::mnist::Split;
use lenet_model::weights;
use lenet_train::{Loss, evaluate};

use super::data::DataArgs;
use super::run_folder::WEIGHTS;
use super::train::EVALUATION_BATCH;
use super::{DeviceArgs, say};

#[derive(Args)]
pub(super) struct EvalArgs {
    /// The weights (.safetensors, .bpk or .pt), or the folder of a run
    weights: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// The loss to print beside the accuracy
    #[arg(long, value_enum, default_value = "cross-entropy")]
    loss: Loss,
    #[command(flatten)]
    device: DeviceArgs,
}

pub(super) fn run(args: &EvalArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let path = if args.weights.is_dir() { args.weights.join(WEIGHTS) } else { args.weights.clone() };
    let net = weights::load(&path, &device)?;
    let digits = args.data.find(false)?;
    let test = Loader::new(digits.load(Split::Test)?, EVALUATION_BATCH)?;
    let result = evaluate(&test, &device, args.loss, |images| net.forward(images))?;
    say(format!("{} on {}", path.display(), digits.description));
    say(format!(
        "test accuracy {:.2} % on {} images (loss {:.4})",
        100.0 * result.accuracy,
        HumanCount(result.samples as u64),
        result.loss
    ));
    Ok(ExitCode::SUCCESS)
}
