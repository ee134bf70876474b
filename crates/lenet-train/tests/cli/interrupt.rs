//! Ctrl-C: what was learnt is kept.

use std::process::{Command, Stdio};

use lenet_report::run::Record;

use crate::scratch::{Ended, Scratch, small_run, wait_until};

#[test]
fn an_interrupted_training_keeps_its_weights_and_says_so() {
    let scratch = Scratch::with_digits();
    let mut command =
        scratch.command(&[&small_run("run")[..], &["--epochs=100000", "--log-every=1"]].concat());
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let metrics = scratch.path("run/metrics.jsonl");
    wait_until(&mut program, "its first step", |_| {
        std::fs::metadata(&metrics).is_ok_and(|file| file.len() > 0)
    });
    let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {}", program.id())).status().unwrap();
    assert!(kill.success());
    wait_until(&mut program, "its end", |program| program.try_wait().unwrap().is_some());

    let ended: Ended = program.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(130));
    assert_eq!(ended.stderr, "interrupted: saving what was learnt (again to stop at once)\n");
    let last = scratch.metrics("run/metrics.jsonl").pop();
    assert!(
        matches!(&last, Some(Record::End { reason, test_accuracy: Some(_), .. }) if reason == "interrupted"),
        "{last:?}"
    );
    assert_eq!(scratch.run(&["eval", "run", "--data", "digits"]).code, Some(0));
}
