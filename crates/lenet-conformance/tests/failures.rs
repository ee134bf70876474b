//! Handling of failed cases: replay files, skipped rungs, panics.

// The helper functions of tests may panic, as tests do.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use lenet_conformance::mutants;
use lenet_conformance::replay::{self, Replay, ReplayOptions};
use lenet_conformance::run::{RunOptions, run};
use lenet_conformance::{Array, Case, Ladder, Rung, Subject};
use lenet_report::conformance::{Check, Event, Status};

/// All checks that a run reports.
fn checks(subject: &Subject, cases: &[Case], options: &RunOptions<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let totals = run(subject, cases, options, |event| {
        checks.extend(if let Event::Check(check) = event { Some(check) } else { None });
        Ok(())
    });
    totals.unwrap();
    checks
}

/// The checks of the short ladder's single operations on flex with a planted bug.
fn checks_of_operations(subject: &Subject, folder: &Path) -> Vec<Check> {
    let mut cases = Ladder::new(7, true).cases();
    cases.retain(|case| case.rung <= Rung::OpsForward);
    let replays = ReplayOptions::new(folder, &Ladder::new(7, true));
    checks(subject, &cases, &RunOptions::default().with_replays(replays))
}

fn with_bug(subject: &Subject, name: &str) -> Subject {
    let mutation = mutants::all().into_iter().find(|mutation| mutation.name == name).unwrap();
    let mut operations = subject.operations;
    (mutation.apply)(&mut operations);
    subject.with_operations(operations)
}

/// A check as JSON, without the path of its replay file: a replay does not write one.
fn told(check: &Check) -> String {
    let mut check = check.clone();
    check.replay = None;
    serde_json::to_string(&check).unwrap()
}

#[test]
fn a_replay_file_repeats_its_case_with_the_same_numbers_and_passes_once_the_bug_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let honest = Subject::open("flex").unwrap();
    let wrong = with_bug(&honest, "linear-inputs-tf32");
    let all = checks_of_operations(&wrong, folder.path());
    // Random inputs are what a seed decides.
    let failed = all.iter().find(|check| check.status == Status::Fail && check.case.ends_with("/random"));
    let failed = failed.unwrap();
    let of_the_case: Vec<&Check> = all.iter().filter(|check| check.case == failed.case).collect();

    let read = replay::load(failed.replay.as_ref().unwrap().as_ref()).unwrap();
    let written = Replay::new("flex", Rung::OpsForward, &failed.case, &Ladder::new(7, true));
    assert_eq!(read, written);
    let again = checks(&wrong, &[read.case().unwrap()], &RunOptions::default());
    let told_again: Vec<String> = again.iter().map(told).collect();
    assert_eq!(told_again, of_the_case.into_iter().map(told).collect::<Vec<_>>());

    let mended = checks(&honest, &[read.case().unwrap()], &RunOptions::default());
    assert!(mended.iter().all(|check| check.status == Status::Pass), "{mended:?}");
}

#[test]
fn the_program_repeats_the_case_of_a_replay_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = with_bug(&Subject::open("flex").unwrap(), "relu-leaks");
    let all = checks_of_operations(&wrong, folder.path());
    let failed = all.iter().find(|check| check.status == Status::Fail).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_lenet-conformance"));
    let output = program.arg("replay").arg(failed.replay.as_ref().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let begun: Vec<&str> = text.lines().filter(|line| line.contains(r#""event":"begin""#)).collect();
    let expected = format!(r#"{{"event":"begin","rung":"ops-forward","case":"{}"}}"#, failed.case);
    assert_eq!(begun, [expected]);
}

#[test]
fn a_case_that_passes_has_no_replay_file() {
    let folder = tempfile::tempdir().unwrap();
    let all = checks_of_operations(&Subject::open("flex").unwrap(), folder.path());
    assert!(all.iter().all(|check| check.replay.is_none()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_replay_file_without_a_folder_to_be_in_is_missed_aloud_and_the_failure_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let wrong = with_bug(&Subject::open("flex").unwrap(), "relu-leaks");
    let all = checks_of_operations(&wrong, &file);
    let failed = all.iter().find(|check| check.status == Status::Fail).unwrap();
    assert!(failed.detail.contains("no replay file: "), "{}", failed.detail);
}

#[test]
fn a_file_that_is_no_replay_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    std::fs::write(&path, "no tensors at all").unwrap();
    let error = replay::load(&path).unwrap_err().to_string();
    assert!(error.contains("other.safetensors is no replay file"), "{error}");
}

/// A case with a single check of this status.
fn case(rung: Rung, name: &str, status: Status) -> Case {
    Case::new(rung, name, move |_, findings| {
        findings.verdict("it", status, "");
        Ok(())
    })
}

#[test]
fn the_failed_rung_is_climbed_to_its_end_and_every_case_above_it_is_skipped_with_the_reason() {
    let cases = [
        case(Rung::Probe, "warns", Status::Warn),
        case(Rung::OpsForward, "fails", Status::Fail),
        case(Rung::OpsForward, "passes", Status::Pass),
        Case::new(Rung::Gradients, "is above", |_, _| panic!("it was run")),
        Case::new(Rung::DirtyMemory, "is far above", |_, _| panic!("it was run")),
    ];
    let all = checks(&Subject::open("flex").unwrap(), &cases, &RunOptions::default());
    let statuses: Vec<Status> = all.iter().map(|check| check.status).collect();
    assert_eq!(statuses, [Status::Warn, Status::Fail, Status::Pass, Status::Skipped, Status::Skipped]);
    assert_eq!(all[4].detail, "the lower rung ops-forward failed");
}

#[test]
fn a_panic_is_a_failure_with_its_message_and_its_replay_file_and_the_next_case_runs() {
    let folder = tempfile::tempdir().unwrap();
    let replays = ReplayOptions::new(folder.path(), &Ladder::new(0, false));
    let cases = [
        Case::new(Rung::OpsForward, "panics", |_, findings| {
            findings.input("x", &Array { shape: vec![2], values: vec![1.0, 2.0] });
            panic!("no kernel for {} lines", 3)
        }),
        case(Rung::OpsForward, "passes", Status::Pass),
    ];
    std::panic::set_hook(Box::new(|_| {})); // The panic is intended.
    let options = RunOptions::default().with_replays(replays);
    let all = checks(&Subject::open("flex").unwrap(), &cases, &options);
    let _ = std::panic::take_hook();
    assert_eq!((all[0].status, all[0].quantity.as_str()), (Status::Fail, "panic"));
    assert_eq!(all[0].detail, "panicked: no kernel for 3 lines");
    let replay = replay::load(all[0].replay.as_ref().unwrap().as_ref()).unwrap();
    assert_eq!((replay.case.as_str(), replay.quick), ("panics", false));
    assert_eq!(all[1].status, Status::Pass);
}
