//! `run`, `read` and `replay`.

use std::path::Path;

use lenet_conformance::run::{Companions, Replays, matches, run as run_cases};
use lenet_conformance::{Case, Error, Ladder, Subject, exchange, probe, replay as replays};
use lenet_report::conformance::{Event, Tally, Unavailable};

use super::{COULD_NOT_RUN, FAILED, PASSED, ReadArgs, RunArgs, emit};

/// Runs the ladder on one subject.
pub(super) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    let ladder = Ladder { seed: args.seed, quick: args.quick, exchange: args.exchange.clone() };
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
    let replays = args.out.clone().map(|folder| Replays { folder, seed: args.seed, quick: args.quick });
    compare(&subject, &ladder, &cases, replays)
}

/// Reads what the other subjects wrote.
pub(super) fn read(args: &ReadArgs) -> anyhow::Result<u8> {
    let ladder = Ladder { seed: 0, quick: args.quick, exchange: Some(args.exchange.clone()) };
    let Some(subject) = open(&args.subject)? else { return Ok(COULD_NOT_RUN) };
    let cases = exchange::reading(&args.exchange, &subject.name)?;
    compare(&subject, &ladder, &cases, None)
}

/// Repeats the case of a replay file.
pub(super) fn replay(file: &Path) -> anyhow::Result<u8> {
    let replay = replays::load(file)?;
    let case = replay.case()?;
    let Some(subject) = open(&replay.subject)? else { return Ok(COULD_NOT_RUN) };
    compare(&subject, &replay.ladder(), &[case], None)
}

/// What helps when a subject cannot be opened.
const REMEDY: &str = "`cargo xtask doctor` lists what this machine lacks";

/// Opens a subject, or prints why it cannot be opened.
pub(super) fn open(name: &str) -> anyhow::Result<Option<Subject>> {
    match Subject::open(name) {
        Ok(subject) => Ok(Some(subject)),
        Err(error @ (Error::Backend(_) | Error::FloatType { .. })) => {
            let (subject, reason) = (name.to_owned(), error.to_string());
            emit(Event::Unavailable(Unavailable { subject, reason, remedy: REMEDY.to_owned() }))?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn compare(
    subject: &Subject,
    ladder: &Ladder,
    cases: &[Case],
    replays: Option<Replays>,
) -> anyhow::Result<u8> {
    emit(Event::Subject(probe::describe(subject, ladder.seed, ladder.quick)))?;
    let baseline = baseline(subject);
    let companions = Companions { baseline: baseline.as_ref(), replays };
    Ok(code(run_cases(subject, cases, &companions, emit)?))
}

/// Burn's CPU backend, for every other subject that computes in the same precision, if this build has it.
fn baseline(subject: &Subject) -> Option<Subject> {
    const BASELINE: &str = "flex-stock";
    let comparable = !matches!(&*subject.name, BASELINE | "flex-f64");
    comparable.then(|| Subject::open(BASELINE).ok()).flatten()
}

/// The exit code for what came of a run.
pub(super) fn code(totals: Tally) -> u8 {
    if totals.fail == 0 { PASSED } else { FAILED }
}
