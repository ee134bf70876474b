//! `report`: a page about runs.

mod attribution;
pub(super) mod folder;
mod network;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use lenet_backend::Device;
use lenet_model::{LeNet, weights};
use lenet_report::training::{self, Report};

use super::data::DataArgs;
use super::data_of_weights::{data_of_run, note_change, sha256_of_run, sha256_of_training_images};
use super::device::DeviceArgs;
use super::print::{on_one_line, print_line, print_note};
use super::run_folder::{REPORT, WEIGHTS};
use super::stages;

#[derive(Args)]
pub(super) struct ReportArgs {
    /// Folders of runs: the first one is shown in detail, the others beside its curves
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The page to write [default: report.html in the folder of the first run]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

pub(super) fn run(mut args: ReportArgs) -> anyhow::Result<ExitCode> {
    let device = args.device.open()?;
    let first = &args.runs[0]; // clap requires one.
    let weights = first.join(WEIGHTS);
    let is_given = args.data.is_given();
    if !is_given && weights.exists() {
        match data_of_run(&weights) {
            Ok(data) => data.into_iter().for_each(|data| args.data.set(data)),
            Err(error) => print_note(on_one_line(&error)),
        }
    }
    let is_of_run = !is_given && args.data.is_given();
    let out = args.out.clone().unwrap_or_else(|| first.join(REPORT));
    write(&args.runs, &out, &args.data, is_of_run, &device)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the report of a training that has just ended into its folder.
pub(super) fn of_training(folder: &Path, data: &DataArgs, device: &Device) -> anyhow::Result<()> {
    write(&[folder.to_owned()], &folder.join(REPORT), data, false, device)
}

/// Writes the page; `is_of_run` says that the data are those of the first run, as they are now.
fn write(
    runs: &[PathBuf],
    out: &Path,
    data: &DataArgs,
    is_of_run: bool,
    device: &Device,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut report = Report::new(runs.iter().map(|run| folder::read(run)).collect::<Result<_, _>>()?);
    let weights = runs[0].join(WEIGHTS); // Callers give one run or more.
    if weights.exists() {
        describe_network(&mut report, &weights, data, is_of_run, device)?;
    } else {
        print_note(format_args!("{} does not exist: the report has no network", weights.display()));
    }
    let page = training::render(&report);
    lenet_files::write(out, page.as_bytes())?;
    let (seconds, size) = (started.elapsed().as_secs_f64(), page.len().div_ceil(1024));
    print_line(format_args!("{}: {size} KiB, made in {seconds:.1} s", out.display()))
}

/// Adds the network in the file `weights` and, if its data can be had, its test.
fn describe_network(
    report: &mut Report,
    weights: &Path,
    data: &DataArgs,
    is_of_run: bool,
    device: &Device,
) -> anyhow::Result<()> {
    let state = weights::read_state_dict(weights)?;
    let net = LeNet::with_state_dict(&state, device);
    report.stages = stages::of(&net);
    let digits = data.find(false).inspect(|digits| {
        let trained_on = sha256_of_run(digits, weights).filter(|_| is_of_run);
        note_change(digits, trained_on, || sha256_of_training_images(digits));
    });
    let tested = match digits.and_then(|digits| test::load(&state, &digits, device)) {
        Ok(tested) => Some(tested),
        Err(error) => {
            print_note(format_args!("the report has no test: {}", on_one_line(&error)));
            None
        }
    };
    report.network = Some(network::describe(&state, &net, tested.as_ref(), device)?);
    report.test = tested.map(|tested| attribution::add(tested, &state, device)).transpose()?;
    Ok(())
}
