//! The commands `run`, `read` and `replay`.

use std::path::Path;

use lenet_conformance::replay::{self as replay_file, ReplayOptions};
use lenet_conformance::run::{RunOptions, matches, run as run_cases};
use lenet_conformance::{Case, Error, Ladder, Subject, exchange, probe};
use lenet_report::conformance::{Event, Unavailable};

use super::args::{ReadArgs, RunArgs};
use super::output::{COULD_NOT_RUN, emit, exit_code};

/// Runs the ladder on one subject.
pub(super) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    let mut ladder = Ladder::new(args.seed, args.quick);
    ladder.exchange.clone_from(&args.exchange);
    let Some(subject) = open(&args.subject)? else { return Ok(COULD_NOT_RUN) };
    let mut cases = ladder.cases();
    if !args.rungs.is_empty() {
        cases.retain(|case| args.rungs.contains(&case.rung));
    }
    if let Some(pattern) = &args.case {
        cases.retain(|case| matches(pattern, &case.name));
        if cases.is_empty() {
            return Err(Error::NoCase { pattern: pattern.clone() }.into());
        }
    }
    let replays = args.out.as_ref().map(|folder| ReplayOptions::new(folder, &ladder));
    compare(&subject, &ladder, &cases, replays)
}

/// Reads the files of all other subjects.
pub(super) fn read(args: &ReadArgs) -> anyhow::Result<u8> {
    let ladder = Ladder::new(0, args.quick).with_exchange(&args.exchange);
    let Some(subject) = open(&args.subject)? else { return Ok(COULD_NOT_RUN) };
    let cases = exchange::reader_cases(&args.exchange, &subject.name)?;
    compare(&subject, &ladder, &cases, None)
}

/// Repeats the case of a replay file.
pub(super) fn replay(file: &Path) -> anyhow::Result<u8> {
    let replay = replay_file::load(file)?;
    let case = replay.case()?;
    let Some(subject) = open(&replay.subject)? else { return Ok(COULD_NOT_RUN) };
    compare(&subject, &replay.ladder(), &[case], None)
}

/// Advice for a subject that is not available.
const REMEDY: &str = "`cargo xtask doctor` lists what this machine lacks";

/// Opens a subject. If it is not available, prints [`Event::Unavailable`] and returns `None`.
pub(super) fn open(name: &str) -> anyhow::Result<Option<Subject>> {
    match Subject::open(name) {
        Ok(subject) => Ok(Some(subject)),
        Err(error @ (Error::Backend(_) | Error::FloatType { .. })) => {
            emit(Event::Unavailable(Unavailable::new(name, error.to_string(), REMEDY)))?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn compare(
    subject: &Subject,
    ladder: &Ladder,
    cases: &[Case],
    replays: Option<ReplayOptions>,
) -> anyhow::Result<u8> {
    emit(Event::Subject(probe::describe(subject, ladder.seed, ladder.quick)))?;
    let baseline = baseline(subject);
    let mut options = RunOptions::default();
    options.baseline = baseline.as_ref();
    options.replays = replays;
    Ok(exit_code(run_cases(subject, cases, &options, emit)?))
}

/// Burn's CPU backend as the baseline of every other f32 subject; `None` if this build does not include it.
fn baseline(subject: &Subject) -> Option<Subject> {
    const BASELINE: &str = "flex-stock";
    let comparable = !matches!(&*subject.name, BASELINE | "flex-f64");
    comparable.then(|| Subject::open(BASELINE).ok()).flatten()
}
