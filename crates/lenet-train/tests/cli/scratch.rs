//! A folder for one test, with a small set of digits and a program that runs in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::digits;
use lenet_data::{DigitSet, synthetic};
use lenet_report::run::Record;
use tempfile::TempDir;

/// Digits to train on, and to test on.
pub const TRAIN: u64 = 300;
pub const TEST: u64 = 100;

pub struct Scratch {
    folder: TempDir,
}

/// What a program that has ended left of itself.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Scratch {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with the small set in `digits`.
    pub fn with_digits() -> Self {
        let scratch = Self::empty();
        scratch.store_digits("digits", &train_digits(), &synthetic::digits(5, TRAIN..TRAIN + TEST).unwrap());
        scratch
    }

    /// Stores a set as the four files of MNIST.
    pub fn store_digits(&self, folder: &str, train: &DigitSet, test: &DigitSet) {
        digits::store(&self.path(folder), train, test);
    }

    /// A path in the folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// The names in a folder, sorted.
    pub fn names(&self, relative: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(relative)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program in the folder, which is its home, too: no cache of this machine is seen.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lenet-train"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("HOME", self.folder.path()).env("XDG_CACHE_HOME", self.path("cache"));
        command.env_remove("LENET_DATA_DIR").env("RUST_BACKTRACE", "1");
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Trains on 256 digits of the small set, 4 steps an epoch, into the folder `run`. It must succeed.
    #[track_caller]
    pub fn train(&self, run: &str, more: &[&str]) -> Ended {
        let ended = self.run(&[&small_run(run)[..], more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended
    }

    /// The lines of a metrics file.
    pub fn metrics(&self, relative: &str) -> Vec<Record> {
        let text = fs::read_to_string(self.path(relative)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The manifest of a run.
    pub fn manifest(&self, run: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path(run).join("manifest.json")).unwrap()).unwrap()
    }

    /// The bytes of the weights of a run.
    pub fn weights(&self, run: &str) -> Vec<u8> {
        fs::read(self.path(run).join("model.safetensors")).unwrap()
    }
}

impl From<Output> for Ended {
    fn from(Output { status, stdout, stderr }: Output) -> Self {
        let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
        Self { code: status.code(), stdout, stderr }
    }
}

/// The arguments of [`Scratch::train`].
pub fn small_run(run: &str) -> [&str; 5] {
    ["train", "--data=digits", "--valid=44", "--out", run]
}

/// The digits of the small set to train on.
pub fn train_digits() -> DigitSet {
    synthetic::digits(5, 0..TRAIN).unwrap()
}

/// Waits until something is true of a running program; if it never is, ends the program and the test.
#[track_caller]
pub fn wait_until(program: &mut Child, what: &str, mut is_true: impl FnMut(&mut Child) -> bool) {
    let start = Instant::now();
    while !is_true(program) {
        assert_eq!(program.try_wait().unwrap(), None, "the program ended before {what}");
        if start.elapsed() > Duration::from_secs(60) {
            program.kill().unwrap();
            panic!("waited in vain for {what}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
