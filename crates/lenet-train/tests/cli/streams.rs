//! Standard streams that cannot be written, names with control characters, and files that are none.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::scratch::{Ended, Scratch};

/// A device that is always full.
#[cfg(target_os = "linux")]
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let scratch = Scratch::with_digits();
    scratch.train("runs/one", &[]);
    for arguments in [
        &["summary"][..],
        &["devices"],
        &["runs"],
        &["--help"],
        &["--version"],
        &["eval", "runs/one", "--data=digits", "--json"],
        &["train", "--data=digits", "--valid=44", "--out=two"],
        &["train", "--data=digits", "--valid=44", "--out=three", "--quiet"],
    ] {
        let output = scratch.command(arguments).stdout(full()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot write to standard output"), "{arguments:?}: {stderr}");
    }
    assert!(scratch.path("three/model.safetensors").exists());
}

#[test]
fn a_closed_pipe_is_no_error() {
    let scratch = Scratch::empty();
    for argument in ["summary", "devices", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = scratch.command(&[argument]).stdout(writer).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{argument}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_ends_nothing() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let resume = scratch.command(&["--resume", "run"]).stderr(full()).output().unwrap();
    assert_eq!(resume.status.code(), Some(0));
    let refused = scratch.command(&["eval", "nothing"]).stderr(full()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let offline = ["train", "--offline", "--epochs=1", "--lr=bad"];
    assert_eq!(scratch.command(&offline).stderr(writer).output().unwrap().status.code(), Some(2));
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let scratch = Scratch::with_digits();
    let run = "runs/a\u{1b}[31m\nb";
    scratch.train(run, &["--epochs=1"]);
    let end = "{\"event\":\"end\",\"epochs\":1,\"steps\":4,\"reason\":\"a\\u001b[2Jb\",\"seconds\":1,\"samples_per_second\":1}";
    fs::write(scratch.path(run).join("metrics.jsonl"), end).unwrap();
    let listed = scratch.run(&["runs"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.starts_with("runs/a\\u{1b}[31m\\nb  test accuracy"), "{}", listed.stdout);
    assert!(listed.stdout.ends_with("a\\u{1b}[2Jb\n"), "{}", listed.stdout);

    let epoch =
        "{\"event\":\"step\",\"epoch\":18446744073709551615,\"step\":1,\"loss\":1.0,\"learning_rate\":0.1}";
    fs::write(scratch.path(run).join("metrics.jsonl"), epoch).unwrap();
    assert!(scratch.run(&["runs"]).stdout.ends_with("unfinished: epoch 18446744073709551615, step 1\n"));

    let refused = scratch.run(&["eval", "no\u{1b}[31m"]);
    assert!(refused.stderr.contains("no\\u{1b}[31m"), "{}", refused.stderr);
    for arguments in [&["eval", "no\u{1b}[31m"][..], &["--bo\u{1b}gus"], &["--lr=\u{1b}[31m\u{7}"]] {
        let Ended { stdout, stderr, .. } = scratch.run(arguments);
        assert!(stdout.is_empty() && stderr.starts_with("error: "), "{stderr:?}");
        assert!(!stderr.chars().any(|char| char.is_control() && char != '\n'), "{stderr:?}");
    }
}

#[test]
fn names_that_are_not_utf_8_are_read_and_told() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &[]);
    let name = OsStr::from_bytes(b"no\xffname.pgm");
    let (pixels, _) = lenet_data::synthetic::draw(3, 0);
    if fs::write(scratch.path("").join(name), [b"P5 32 32 255\n".as_slice(), &pixels].concat()).is_err() {
        return; // A file system with UTF-8 names.
    }
    let mut program = scratch.command(&["predict", "--json", "--weights=run"]);
    let ended: Ended = program.arg(name).output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(line["file"], "no\u{fffd}name.pgm");

    let weights = OsStr::from_bytes(b"\xff.safetensors");
    fs::copy(scratch.path("run/model.safetensors"), scratch.path("").join(weights)).unwrap();
    let mut program = scratch.command(&["eval", "--json", "--data=digits"]);
    let ended: Ended = program.arg(weights).output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let data = OsStr::from_bytes(b"digits\xff");
    fs::rename(scratch.path("digits"), scratch.path("").join(data)).unwrap();
    let ended: Ended = scratch.command(&["eval", "run", "--data"]).arg(data).output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_fifo_is_not_waited_for() {
    let scratch = Scratch::with_digits();
    scratch.train("runs/one", &[]);
    let fifo = |name: &str| {
        let path = scratch.path(name);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(path).stdin(Stdio::null()).status().unwrap().success());
    };
    fifo("settings.toml");
    let ended = scratch.run(&["--config=settings.toml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("settings.toml is a FIFO, expected a regular file"), "{}", ended.stderr);
    fifo("runs/one/metrics.jsonl");
    let listed = scratch.run(&["runs"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(0), "runs/one  nothing yet\n"));
    let ended = scratch.run(&["--resume=runs/one"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("metrics.jsonl is a FIFO"), "{}", ended.stderr);
}

#[test]
fn the_short_help_has_the_flags_of_a_first_training_and_names_the_long_one() {
    let scratch = Scratch::empty();
    let [short, long] = ["-h", "--help"].map(|flag| scratch.run(&[flag]).stdout);
    assert!(short.contains("--recipe") && short.contains("'--help'"), "{short}");
    assert!(!short.contains("--stretch") && long.contains("--stretch"));
}
