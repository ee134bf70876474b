//! `at`: the state of a run at any step.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::data::DataArgs;
use super::parse;
use super::print::print_line;
use super::replay::Replay;
use super::run_folder::{CHECKPOINTS, RunFolder, WEIGHTS, has_no_run};
use super::train;

#[derive(Args)]
pub(super) struct AtArgs {
    /// Folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Number of steps after which to stop; 0 is the state before the first one
    #[arg(value_parser = parse::from_zero::<u64>)]
    step: u64,
    /// Folder for the weights and the checkpoint; `--resume` goes on from there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: AtArgs) -> anyhow::Result<ExitCode> {
    has_no_run(&args.out)?;
    let replay = Replay::of(&args.run, args.data)?;
    let prepared = &replay.prepared;
    let settings = &prepared.args;
    replay.has_step(args.step)?;
    let folder =
        RunFolder::create(Some(&args.out), prepared.digits.name, settings.optimizer.kind, settings.seed)?;
    let (outcome, kept) = replay.until(args.step, folder.path(), None)?;
    train::save(&outcome, kept.ema.as_ref(), prepared.metadata()?, &prepared.valid, folder.path())?;
    let (run, step, out) = (args.run.display(), args.step, folder.path().display());
    print_line(format_args!("{run} after step {step}"))?;
    print_line(format_args!("in {out}: {WEIGHTS}, {CHECKPOINTS}; --resume {out} goes on from there"))?;
    Ok(ExitCode::SUCCESS)
}
