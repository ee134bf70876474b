//! `--trace`: where the time of a training goes.

use serde_json::Value;

use crate::scratch::Scratch;

#[test]
fn a_trace_has_every_part_of_a_step_and_changes_no_bit() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--trace=trace.json", "--epochs=2"]);
    scratch.train("without", &["--epochs=2"]);
    assert!(scratch.weights("run") == scratch.weights("without"));
    let trace: Value = serde_json::from_slice(&std::fs::read(scratch.path("trace.json")).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let time = |name: &str| -> f64 {
        let named = events.iter().filter(|event| event["name"] == name);
        named.map(|event| event["dur"].as_f64().unwrap()).sum()
    };
    let parts = ["load", "forward", "loss", "backward", "hooks", "optimizer", "validation", "checkpoint"];
    for part in parts {
        assert!(time(part) > 0.0, "no time for {part}");
    }
    assert!(time("epoch") > time("step") && time("step") > time("forward") + time("backward"));
}

#[test]
fn a_run_does_not_repeat_its_trace() {
    let scratch = Scratch::with_digits();
    scratch.train("run", &["--trace=trace.json"]);
    assert!(!std::fs::read_to_string(scratch.path("run/run.toml")).unwrap().contains("trace"));
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error() {
    let scratch = Scratch::with_digits();
    let ended =
        scratch.run(&["train", "--data=digits", "--valid=44", "--out=run", "--trace=none/trace.json"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("none"), "{}", ended.stderr);
}
