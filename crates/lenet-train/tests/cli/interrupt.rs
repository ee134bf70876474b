//! Signals: the weights learnt so far are kept, and ignored signals stay ignored.

use std::process::{Child, Command, Stdio};

use lenet_report::run::Record;

use crate::scratch::{Ended, Scratch, small_run, wait_until};

fn long_run() -> Vec<&'static str> {
    [&small_run("run")[..], &["--epochs=100000", "--log-every=1"]].concat()
}

/// Starts a program and waits for its first step.
fn started(scratch: &Scratch, mut command: Command) -> Child {
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_metrics(scratch, &mut program, 0);
    program
}

/// Waits until the metrics are longer than `bytes`.
fn wait_for_metrics(scratch: &Scratch, program: &mut Child, bytes: u64) {
    let metrics = scratch.path("run/metrics.jsonl");
    wait_until(program, "a step", |_| std::fs::metadata(&metrics).is_ok_and(|file| file.len() > bytes));
}

fn kill(program: &Child, signal: &str) {
    let kill = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", program.id())).status().unwrap();
    assert!(kill.success());
}

/// Whether this test was itself started with the signal ignored, as by `nohup`, or in the background by a
/// script.
fn is_ignored(signal: &str) -> bool {
    let ignored = Command::new("sh").arg("-c").arg(format!("kill -{signal} $$")).status().unwrap().success();
    if ignored {
        println!("skipped: SIG{signal} is ignored here");
    }
    ignored
}

fn ended(mut program: Child) -> Ended {
    wait_until(&mut program, "its end", |program| program.try_wait().unwrap().is_some());
    program.wait_with_output().unwrap().into()
}

#[test]
fn an_interrupted_training_keeps_its_weights_and_says_so() {
    if is_ignored("INT") {
        return;
    }
    let scratch = Scratch::with_digits();
    let program = started(&scratch, scratch.command(&long_run()));
    kill(&program, "INT");
    let ended = ended(program);
    assert_eq!(ended.code, Some(130));
    let (first, then) = ended.stderr.split_once('\n').unwrap();
    assert_eq!(first, "interrupted: saving what was learnt (again to stop at once)");
    assert!(
        then.starts_with("interrupted after ") && then.ends_with(" steps: --resume run goes on\n"),
        "{then}"
    );
    let last = scratch.metrics("run/metrics.jsonl").pop();
    assert!(
        matches!(&last, Some(Record::End { reason, test_accuracy: Some(_), .. }) if reason == "interrupted"),
        "{last:?}"
    );
    assert_eq!(scratch.run(&["eval", "run", "--data", "digits"]).code, Some(0));
}

#[test]
fn the_exit_code_tells_the_signal() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        if is_ignored(signal) {
            continue;
        }
        let scratch = Scratch::with_digits();
        let program = started(&scratch, scratch.command(&long_run()));
        kill(&program, signal);
        assert_eq!(ended(program).code, Some(code));
        assert!(scratch.path("run/model.safetensors").exists());
    }
}

/// As `nohup` starts a program.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let scratch = Scratch::with_digits();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP INT; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lenet-train")]);
    shell.args(long_run()).current_dir(scratch.path("")).stdin(Stdio::null());
    let mut program = started(&scratch, shell);
    for signal in ["HUP", "INT", "HUP", "INT"] {
        kill(&program, signal);
        let bytes = std::fs::metadata(scratch.path("run/metrics.jsonl")).unwrap().len();
        wait_for_metrics(&scratch, &mut program, bytes + 1_000);
    }
    kill(&program, "TERM");
    assert_eq!(ended(program).code, Some(143));
}
