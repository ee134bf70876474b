//! The same training on 1, 2 and 4 processes ends with the same bits, also after one of them has failed.
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
    mpirun.args(["--images", "1280", "--batch", "64", "--epochs", "2"]).args(more);
    match mpirun.output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("skipped: there is no mpirun on the PATH: apt install openmpi-bin, or the like");
            None
        }
    }
}

/// The SHA-256 of the weights that a run prints.
#[track_caller]
fn weights(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{out}{err}");
    let line = out.lines().find_map(|line| line.strip_prefix("weights "));
    line.unwrap_or_else(|| panic!("no weights in {out}{err}")).to_owned()
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
}

#[test]
fn a_process_that_fails_ends_all_and_the_training_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let Some(whole) = run(2, &folder.path().join("whole"), &[]) else { return };
    let cut = folder.path().join("cut");
    // Step 100 of 160: four batches an update.
    let failed = run(2, &cut, &["--fail", "1:100"]).unwrap();
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && said.contains("rank 1"), "{said}");
    let resumed = run(2, &cut, &[]).unwrap();
    assert!(String::from_utf8_lossy(&resumed.stdout).contains("going on after step 80"));
    assert_eq!(weights(&resumed), weights(&whole));
}

#[test]
fn three_processes_are_refused_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let Some(refused) = run(3, folder.path(), &[]) else { return };
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("3 processes for 8 batches an update"), "{said}");
}
