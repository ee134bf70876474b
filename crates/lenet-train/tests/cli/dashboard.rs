//! `--dashboard`: a live page, under a pseudo terminal that `script` makes.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use lenet_report::run::Record;

use crate::scratch::{Ended, Scratch, small_run, wait_until};

/// Begin and end of the terminal's second screen, on which the page is.
const OPENED: &str = "\u{1b}[?1049h";
const CLOSED: &str = "\u{1b}[?1049l";

/// Starts a training on a terminal of 80 columns; `None` where there is no `script`.
fn on_a_terminal(scratch: &Scratch, arguments: &[&str]) -> Option<Child> {
    let program = env!("CARGO_BIN_EXE_lenet-train");
    let command = format!("stty rows 24 cols 80; exec {program} {}", arguments.join(" "));
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).current_dir(scratch.path(""));
    script.env("HOME", scratch.path("")).env("TERM", "xterm-256color").env_remove("LENET_DATA_DIR");
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    if let Err(error) = &script {
        eprintln!("skipped: script: {error}");
    }
    script.ok()
}

#[test]
fn the_page_changes_no_bit_and_leaves_the_lines_of_the_epochs() {
    let scratch = Scratch::with_digits();
    let arguments = [&small_run("run")[..], &["--dashboard", "--epochs=2"]].concat();
    let Some(program) = on_a_terminal(&scratch, &arguments) else { return };
    let ended: Ended = program.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let (page, rest) = ended.stdout.split_once(CLOSED).unwrap();
    assert!(page.contains(OPENED) && page.contains("accuracy"), "{page}");
    assert!(rest.contains("epoch 1/2  loss") && rest.contains("epoch 2/2"), "{rest}");
    assert!(rest.contains("test accuracy"), "{rest}");
    scratch.train("without", &["--epochs=2"]);
    assert!(scratch.weights("run") == scratch.weights("without"));
}

#[test]
fn the_page_of_epochs_that_are_shorter_than_a_drawing_has_all_numbers() {
    let scratch = Scratch::with_digits();
    let flags = ["--dashboard", "--epochs=100000", "--max-time=1s", "--schedule=constant", "--lr=0.004"];
    let arguments = [&small_run("run")[..], &flags].concat();
    let Some(program) = on_a_terminal(&scratch, &arguments) else { return };
    let ended: Ended = program.wait_with_output().unwrap().into();
    let (page, _) = ended.stdout.split_once(CLOSED).unwrap();
    assert!(page.contains("4.00e-3"), "no learning rate: {page}");
}

#[test]
fn q_ends_the_training_as_ctrl_c_does() {
    for key in [b"q", b"\x03"] {
        let scratch = Scratch::with_digits();
        let arguments =
            [&small_run("run")[..], &["--dashboard", "--epochs=100000", "--log-every=1"]].concat();
        let Some(mut program) = on_a_terminal(&scratch, &arguments) else { return };
        let metrics = scratch.path("run/metrics.jsonl");
        wait_until(&mut program, "a step", |_| std::fs::metadata(&metrics).is_ok_and(|file| file.len() > 0));
        let mut keyboard = program.stdin.take().unwrap();
        keyboard.write_all(key).unwrap();
        let ended: Ended = program.wait_with_output().unwrap().into();
        drop(keyboard);
        assert_eq!(ended.code, Some(130), "{}", ended.stdout);
        let rest = ended.stdout.split_once(CLOSED).unwrap().1;
        assert!(rest.contains("interrupted: saving what was learnt"), "{rest}");
        let last = scratch.metrics("run/metrics.jsonl").pop();
        assert!(matches!(&last, Some(Record::End { reason, .. }) if reason == "interrupted"), "{last:?}");
        assert_eq!(scratch.run(&["--resume", "run", "--max-time=1s"]).code, Some(0));
    }
}

#[test]
fn an_error_leaves_the_terminal_as_it_was() {
    let scratch = Scratch::with_digits();
    let arguments = [&small_run("run")[..], &["--dashboard", "--lr=1e30", "--nan-guard=1"]].concat();
    let Some(program) = on_a_terminal(&scratch, &arguments) else { return };
    let ended: Ended = program.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let rest = ended.stdout.split_once(CLOSED).unwrap().1;
    assert!(rest.contains("error: ") && rest.contains("not finite"), "{rest}");
}

#[test]
fn without_a_terminal_there_are_lines() {
    let scratch = Scratch::with_digits();
    let ended = scratch.train("run", &["--dashboard"]);
    assert!(!ended.stdout.contains('\u{1b}') && ended.stdout.contains("epoch 1/"), "{}", ended.stdout);
}
