//! `influence`: which training images, left out, change the answers to test images.

mod measure;
mod shards;
mod subject;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use lenet_report::influence::{Effect, Influence, render};

use super::data::DataArgs;
use super::parse;
use super::print::print_line;
use super::settings::leave_out::Slice;
use super::sweep::choices::Choices;
use shards::{Division, FEWEST};
use subject::Subject;

/// File names.
const LINES: &str = "influence.jsonl";
const PAGE: &str = "influence.html";
/// Seed of the order of which shards are slices.
const SHUFFLE: u64 = 0;

/// Divides the training images into shards, trains without each shard, with several seeds, and compares the answers to test images. An
/// effect that exceeds the noise of the seeds is called an influence, and its shard is divided again. A command that was
/// interrupted goes on with the runs that are missing.
#[derive(Args)]
pub(super) struct InfluenceArgs {
    /// Folder of the run whose settings are trained again
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Test images, by their indices from 0 [default: the 4 wrong answers that the run is surest of]
    #[arg(long, value_name = "INDICES", value_delimiter = ',', value_parser = parse::from_zero::<usize>)]
    test: Vec<usize>,
    /// Shards of the training images, and of a shard that is divided again
    #[arg(long, value_name = "K", default_value = "10", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    shards: usize,
    /// Seeds with which each shard is left out: those from the seed of the run on
    #[arg(long, value_name = "R", default_value = "5", value_parser = parse::at_least_one::<u64>, allow_negative_numbers = true)]
    seeds: u64,
    /// How often to divide: after the first time, for each test image the shard with its strongest influence, if it has one
    #[arg(long, value_name = "N", default_value = "2", value_parser = parse::at_least_one::<usize>, allow_negative_numbers = true)]
    levels: usize,
    /// Make shards of neighbouring images, for data whose order means something [default: shards of images in a shuffled
    /// order]
    #[arg(long)]
    in_order: bool,
    /// An effect worth finding, in log-odds: says how many seeds it would take
    #[arg(long, value_name = "X", default_value = "1", value_parser = parse::positive, allow_negative_numbers = true)]
    detect: f64,
    /// Folder for the runs and the results [default: one under influences/ with the name of the run]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs side by side, which share the threads
    #[arg(long, value_name = "J", default_value = "1", value_parser = parse::threads, allow_negative_numbers = true)]
    jobs: usize,
    /// CPU threads of all runs together [default: all]
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: InfluenceArgs) -> anyhow::Result<ExitCode> {
    ensure!(args.shards >= FEWEST, "--shards {}: expected {FEWEST} or more, to compare them", args.shards);
    ensure!(args.seeds >= 2, "--seeds {}: expected 2 or more, to know the noise of the seeds", args.seeds);
    let subject = Subject::read(&args.run, &args.test, &args.data)?;
    let seeds = subject.seeds(args.seeds)?;
    let name = args.run.canonicalize().ok().and_then(|path| path.file_name().map(PathBuf::from));
    let folder = args.out.clone().unwrap_or_else(|| Path::new("influences").join(name.unwrap_or_default()));
    let all = (0..subject.tests.len()).collect();
    let whole = Slice { start: 0, end: None, step: 1, shuffled: (!args.in_order).then_some(SHUFFLE) };
    let mut divisions = vec![Division::of(whole, args.shards, subject.images(), all)?];
    let mut effects: Vec<Effect> = Vec::new();
    table::announce(&subject, divisions[0].shards.len(), seeds.len(), whole.shuffled.is_some())?;
    for level in 1..=args.levels {
        let values = shards::names(&divisions);
        let choices = Choices {
            flags: &subject.flags,
            name: "leave-out",
            values: &values,
            seeds: &seeds,
            folder: &folder,
            jobs: args.jobs,
            threads: args.threads,
        };
        let folders = match choices.train()? {
            Ok(folders) => folders,
            Err(code) => return Ok(code),
        };
        let answers = measure::answers(&subject, &values, &folders)?;
        let found = measure::effects(&subject, level, &divisions, &answers, args.detect);
        table::print(&subject, level, &found, args.detect)?;
        divisions = shards::next(&found, &divisions, args.shards, subject.images())?;
        effects.extend(found);
        write(&subject, &effects, &folder, &seeds)?;
        if divisions.is_empty() {
            break;
        }
    }
    print_line(format_args!("in {}: {LINES}, {PAGE}, and the folders of the runs", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the effects as JSON lines, and the page.
fn write(subject: &Subject, effects: &[Effect], folder: &Path, seeds: &[u64]) -> anyhow::Result<()> {
    let lines = effects.iter().map(|effect| Ok(serde_json::to_string(effect)? + "\n"));
    let lines = lines.collect::<serde_json::Result<String>>()?;
    lenet_files::write(&folder.join(LINES), lines.as_bytes())?;
    let mut page = Influence::new(&subject.name, seeds.len(), effects.to_vec());
    page.tests = subject.pictures(effects);
    lenet_files::write(&folder.join(PAGE), render(&page).as_bytes())?;
    Ok(())
}
