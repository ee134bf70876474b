//! The same training in 1, 2 and 4 processes ends with the same bits, also after one of them has failed.
//!
//! Without `mpirun` there is nothing to test.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `ranks` processes; `None` without `mpirun`.
fn run(ranks: usize, folder: &Path, more: &[&str]) -> Option<Output> {
    let mut mpirun = Command::new("mpirun");
    // Open MPI refuses root and more processes than cores unless it is told otherwise.
    mpirun.args(["--oversubscribe", "-n", &ranks.to_string()]);
    mpirun.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    mpirun.arg(env!("CARGO_BIN_EXE_10_data_parallel")).arg("--folder").arg(folder);
    mpirun.args(["--images", "1280", "--batch", "64", "--pieces", "4", "--epochs", "2"]).args(more);
    match mpirun.output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("skipped: no mpirun on the PATH: apt install openmpi-bin, or the like");
            None
        }
    }
}

/// The SHA-256 of the weights that a run prints.
#[track_caller]
fn weights(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{out}{err}");
    let line = out.lines().find_map(|line| line.strip_prefix("SHA-256 of the weights "));
    line.unwrap_or_else(|| panic!("no weights in {out}{err}")).to_owned()
}

/// What a run that failed printed on standard error.
#[track_caller]
fn error(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_two_and_four_processes_end_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let Some(one) = run(1, &folder.path().join("1"), &[]) else { return };
    let one = weights(&one);
    for ranks in [2, 4] {
        let more = run(ranks, &folder.path().join(ranks.to_string()), &[]).unwrap();
        assert_eq!(weights(&more), one, "{ranks} processes");
    }
    // The sum is one over pieces: other pieces round in another way.
    let other = run(1, &folder.path().join("pieces"), &["--pieces", "2"]).unwrap();
    assert_ne!(weights(&other), one);
}

#[test]
fn a_network_of_ones_own_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let wide = ["--width", "2", "--images", "256"];
    let Some(one) = run(1, &folder.path().join("1"), &wide) else { return };
    let two = run(2, &folder.path().join("2"), &wide).unwrap();
    assert_eq!(weights(&two), weights(&one));
}

#[test]
fn a_process_that_is_killed_ends_all_and_the_training_resumes_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let Some(whole) = run(2, &folder.path().join("whole"), &[]) else { return };
    let cut = folder.path().join("cut");
    // Step 50 of 80: two of the four pieces of an update belong to each process.
    let said = error(&run(2, &cut, &["--signal", "1:50:KILL"]).unwrap());
    assert!(said.contains("rank 1") && said.contains("signal 9"), "{said}");
    let resumed = run(2, &cut, &[]).unwrap();
    let out = String::from_utf8_lossy(&resumed.stdout).into_owned();
    assert!(out.contains("resuming after update 20"), "{out}");
    assert_eq!(weights(&resumed), weights(&whole));
}

#[test]
fn a_process_that_gives_no_answer_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stopped) = run(2, folder.path(), &["--signal", "1:50:STOP", "--patience", "2"]) else { return };
    let said = error(&stopped);
    assert!(said.contains("error: process 0: no answer from process 1 for 2 s"), "{said}");
}

#[test]
fn three_processes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Some(refused) = run(3, folder.path(), &[]) else { return };
    let said = error(&refused);
    assert!(said.contains("3 processes and --pieces 4: expected powers of two"), "{said}");
}
