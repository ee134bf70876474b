//! The program, ended by SIGKILL at random moments and resumed until it is done, leaves what it leaves when
//! nobody ends it: the same weights, the same state of the optimizer, the same metrics.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helpers")]

#[path = "cli/digits.rs"]
mod digits;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use lenet_data::synthetic;
use lenet_report::run::Record;
use lenet_train::{Checkpoint, Checkpoints};
use tempfile::TempDir;

/// Kills of one run: there is a test for each of four optimizers. `LENET_KILLS=50` makes more.
const KILLS: u64 = 5;

/// 3 epochs of 18 steps with all that has a state or a random number.
const SETTINGS: &str = "
data = \"digits\"
epochs = 3
batch-size = 16
valid = 40
schedule = \"cosine\"
warm-up = 5
accumulate = 4
clip-norm = 1.0
ema = 0.9
shift = 2
rotate = 10
elastic = 0.6
smoothing = 0.1
early-stopping = 9
log-every = 1
checkpoint-every = 3
quiet = true
";

struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        let [train, test] = [0..320, 320..400].map(|numbers| synthetic::digits(5, numbers).unwrap());
        digits::store(&scratch.path("digits"), &train, &test);
        fs::write(scratch.path("settings.toml"), SETTINGS).unwrap();
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lenet-train"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs to the end.
    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Knuth's MMIX generator, so that a failure can be had again.
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) % below
}

fn lines(folder: &Path) -> u64 {
    let bytes = fs::read(folder.join("metrics.jsonl")).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Kills the child once it has written so many lines of metrics. Says whether it was still running.
fn kill_at(mut child: Child, folder: &Path, target: u64) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if lines(folder) >= target {
            child.kill().unwrap();
            return child.wait().unwrap().code().is_none();
        }
        std::thread::yield_now();
    }
}

/// The metrics, but for times.
fn metrics(folder: &Path) -> Vec<Record> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    let mut records: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for record in &mut records {
        if let Record::Epoch { seconds, samples_per_second, .. }
        | Record::End { seconds, samples_per_second, .. } = record
        {
            (*seconds, *samples_per_second) = (0.0, 0.0);
        }
    }
    records
}

fn last(folder: &Path) -> Checkpoint {
    Checkpoints::latest(folder.join("checkpoints")).unwrap().checkpoint.unwrap()
}

fn survives(optimizer: &str, seed: u64) {
    let scratch = Scratch::new();
    let settings = ["--config", "settings.toml", "--optimizer", optimizer];
    scratch.run(&[&settings[..], &["--out", "whole"]].concat());
    let [whole, killed] = ["whole", "killed"].map(|name| scratch.path(name));

    let kills = std::env::var("LENET_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let (mut random_state, mut done) = (seed, 0);
    let mut arguments = [&settings[..], &["--out", "killed"]].concat();
    while done < kills {
        let target = lines(&killed) + random(&mut random_state, 8);
        let child = scratch.command(&arguments).spawn().unwrap();
        if kill_at(child, &killed, target) {
            done += 1;
        } else {
            // It was done before we were: from the beginning, in a new folder.
            let ended = metrics(&killed).iter().any(|record| matches!(record, Record::End { .. }));
            assert!(ended, "{optimizer}, seed {seed}: ended by itself after {done} kills");
            fs::remove_dir_all(&killed).unwrap();
        }
        let has_begun = killed.join("run.toml").exists();
        if !has_begun && killed.exists() {
            fs::remove_dir_all(&killed).unwrap(); // Killed before there was anything to go on from.
        }
        arguments = if has_begun && killed.exists() {
            vec!["--resume", "killed"]
        } else {
            [&settings[..], &["--out", "killed"]].concat()
        };
    }
    scratch.run(&arguments);

    let [one, other] = [last(&whole), last(&killed)];
    assert_eq!(one.step(), 54);
    for section in ["model", "optimizer", "hook:Accumulate", "hook:Ema", "hook:EarlyStopping"] {
        assert!(one.section(section).is_some(), "no {section}");
        assert!(
            one.section(section) == other.section(section),
            "{optimizer}, seed {seed}: `{section}` differs"
        );
    }
    let [one, other] = [&whole, &killed].map(|folder| fs::read(folder.join("model.safetensors")).unwrap());
    assert!(one == other, "{optimizer}, seed {seed}: other weights");
    assert_eq!(metrics(&killed), metrics(&whole), "{optimizer}, seed {seed}");
}

#[test]
fn nesterov_survives_being_killed() {
    survives("nesterov", 1);
}

#[test]
fn adam_survives_being_killed() {
    survives("adam", 2);
}

#[test]
fn rmsprop_survives_being_killed() {
    survives("rmsprop", 3);
}

#[test]
fn adagrad_survives_being_killed() {
    survives("adagrad", 4);
}

/// A limit on the size of files makes writing fail as a full disk does.
#[test]
fn a_full_disk_is_an_error_and_the_older_checkpoint_still_good() {
    let scratch = Scratch::new();
    let whole = ["--config", "settings.toml", "--out", "whole"];
    scratch.run(&whole);
    let folder = scratch.path("run");
    let child = scratch.command(&["--config", "settings.toml", "--out", "run"]).spawn().unwrap();
    assert!(kill_at(child, &folder, 20));
    let before = last(&folder).step();

    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" --resume run";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_lenet-train")]).current_dir(scratch.0.path());
    let Output { status, stderr, .. } = shell.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && stderr.contains(".ckpt"), "{stderr}");

    assert_eq!(last(&folder).step(), before);
    scratch.run(&["--resume", "run"]);
    assert!(last(&folder).section("model") == last(&scratch.path("whole")).section("model"));
}

#[test]
fn other_settings_are_refused_by_name() {
    let scratch = Scratch::new();
    scratch.run(&["--config", "settings.toml", "--epochs", "1", "--out", "run"]);
    let output =
        scratch.command(&["--resume", "run", "--ema", "0.5"]).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("of another training: `ema` was 0.9, is 0.5"), "{stderr}");
}
