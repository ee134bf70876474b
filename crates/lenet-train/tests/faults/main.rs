//! A training whose file operations fail, one in each run, resumes and ends with the bits of an undisturbed
//! training, or leaves a folder in which the same training can start again.
//!
//! `fail.c` is loaded into the program and makes operation number N fail. By default a sample of the
//! operations is tried; `LENET_FAULTS=all` tries each one with each fault (several minutes), as `cargo xtask
//! faults` does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "clippy's exception for tests does not cover their helper functions")]

#[path = "../cli/digits.rs"]
mod digits;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// I/O error, full disk, killed before the operation, killed after half of a write.
const FAULTS: [&str; 4] = ["EIO", "ENOSPC", "KILL", "SHORT"];

/// Without `LENET_FAULTS=all`, every so many-th operation is tried, each with one fault.
const SAMPLE: usize = 7;

#[test]
fn a_training_survives_the_failure_of_any_file_operation() {
    let Some(bench) = Bench::new() else { return };
    let operations = bench.reference();
    let all = std::env::var("LENET_FAULTS").is_ok_and(|value| value == "all");
    let mut tally = Tally::default();
    for (index, operation) in operations.iter().enumerate().step_by(if all { 1 } else { SAMPLE }) {
        let faults = if all { &FAULTS[..] } else { &FAULTS[index / SAMPLE % FAULTS.len()..][..1] };
        for fault in faults {
            bench.try_fault(index + 1, fault, operation, &mut tally);
        }
    }
    println!("{} operations in all; {tally:?}", operations.len());
    assert!(tally.tried > 20, "only {} faults were injected", tally.tried);
}

/// Number of injected faults, by how the training got on.
#[derive(Debug, Default)]
struct Tally {
    tried: usize,
    /// The program ended normally in spite of the fault.
    unharmed: usize,
    resumed: usize,
    started_again: usize,
}

/// A data set, the library that injects faults, and the files of an undisturbed training.
struct Bench {
    folder: TempDir,
}

impl Bench {
    /// `None` without a C compiler.
    fn new() -> Option<Self> {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/fail.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(bench.path("fail.so")).arg(source).arg("-ldl");
        match compiler.status() {
            Ok(status) => assert!(status.success(), "fail.c does not compile"),
            Err(error) => {
                println!("skipped: there is no C compiler ({error})");
                return None;
            }
        }
        let [train, test] =
            [0..200, 200..240].map(|numbers| lenet_data::synthetic::digits(5, numbers).unwrap());
        digits::store(&bench.path("digits"), &train, &test);
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Trains without a fault into `reference`; returns the file operations, a line each.
    fn reference(&self) -> Vec<String> {
        let mut command = self.train("reference");
        let output = self.preload(&mut command, "reference").output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let log = fs::read_to_string(self.path("log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    /// Trains with a fault, then recovers as a user would: resume, or else start again.
    fn try_fault(&self, number: usize, fault: &str, operation: &str, tally: &mut Tally) {
        if self.path("run").exists() {
            fs::remove_dir_all(self.path("run")).unwrap();
        }
        let mut command = self.train("run");
        self.preload(&mut command, "run");
        let output =
            command.env("LENET_FAULT", fault).env("LENET_FAULT_AT", number.to_string()).output().unwrap();
        let context = format!("{fault} at {operation}: {}", text(&output));
        tally.tried += 1;
        if output.status.success() {
            tally.unharmed += 1;
        } else {
            let killed = output.status.code().is_none();
            assert!(killed || text(&output).contains("error: "), "no reason given: {context}");
            assert!(!text(&output).contains("panicked"), "{context}");
            self.recover(&context, tally);
        }
        for file in ["model.safetensors", "metrics.jsonl"] {
            assert_eq!(
                self.content("run", file),
                self.content("reference", file),
                "{file} differs: {context}"
            );
        }
    }

    fn recover(&self, context: &str, tally: &mut Tally) {
        let resumed = self.command(&["--resume", "run"]).output().unwrap();
        if resumed.status.success() {
            tally.resumed += 1;
            return;
        }
        let again = self.train("run").output().unwrap();
        let (resumed, again_text) = (text(&resumed), text(&again));
        assert!(again.status.success(), "{context}\nresume: {resumed}\nagain: {again_text}");
        tally.started_again += 1;
    }

    /// The weights, or the metrics without times.
    fn content(&self, run: &str, file: &str) -> Vec<Value> {
        let bytes = fs::read(self.path(run).join(file)).unwrap_or_default();
        if !file.ends_with(".jsonl") {
            return bytes.into_iter().map(Value::from).collect();
        }
        let lines = String::from_utf8(bytes).unwrap();
        let records = lines.lines().map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            for time in ["seconds", "samples_per_second"] {
                record.as_object_mut().unwrap().remove(time);
            }
            record
        });
        records.collect()
    }

    fn train(&self, run: &str) -> Command {
        let flags = "--data digits --epochs 2 --batch-size 16 --valid 40 --log-every 1 --checkpoint-every 4 --keep 2 --csv \
                     --tensorboard --quiet --out";
        let mut command = self.command(&flags.split_whitespace().collect::<Vec<_>>());
        command.arg(run);
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lenet-train"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn preload<'a>(&self, command: &'a mut Command, run: &str) -> &'a mut Command {
        // The system may know the folder by another name than the one it was asked for.
        let folder = self.folder.path().canonicalize().unwrap();
        let _ = fs::remove_file(self.path("log")); // None is there the first time.
        command
            .env("LD_PRELOAD", folder.join("fail.so"))
            .env("LENET_FAULT_FOLDER", folder.join(run))
            .env("LENET_FAULT_LOG", folder.join("log"))
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
