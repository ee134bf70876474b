//! The program's interface: arguments, lines on stdout, exit codes.

// The helper functions of tests may panic, as tests do.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use serde_json::Value;

fn program(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lenet-conformance")).args(args).output().unwrap()
}

fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_begins_with_its_subject_ends_with_its_totals_and_announces_each_case() {
    let output = program(&["run", "--subject", "flex", "--rung", "probe", "--quick"]);
    let events = events(&output);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&events[0]["event"], &events[0]["subject"]), (&"subject".into(), &"flex".into()));
    assert_eq!(events.last().unwrap()["event"], "end");
    assert_eq!(events.last().unwrap()["fail"], 0);
    for check in events.iter().filter(|event| event["event"] == "check") {
        let announced = |event: &&Value| {
            event["event"] == "begin" && event["rung"] == check["rung"] && event["case"] == check["case"]
        };
        assert!(events.iter().any(|event| announced(&event)), "{check}");
    }
}

#[test]
fn a_subject_that_does_not_exist_is_code_2_with_the_list_of_those_that_do() {
    let output = program(&["run", "--subject", "rocm"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("flex-stock"));
}

#[test]
fn a_subject_that_this_build_does_not_have_is_code_2_with_the_reason_on_stdout() {
    let names = ["ndarray", "wgpu"].into_iter();
    let missing =
        names.filter(|name| !name.parse::<lenet_backend::DeviceSpec>().unwrap().backend().is_compiled_in());
    for name in missing {
        let output = program(&["run", "--subject", name]);
        let events = events(&output);
        assert_eq!((output.status.code(), events.len()), (Some(2), 1));
        assert_eq!(events[0]["event"], "unavailable");
        assert!(events[0]["reason"].as_str().unwrap().contains(&format!("--features {name}")));
    }
}

#[test]
fn a_name_that_no_planted_bug_has_is_code_2() {
    let output = program(&["mutate", "--subject", "flex", "--name", "nosuch*"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no planted bug matches `nosuch*`"));
}

#[test]
fn the_reason_of_a_file_that_cannot_be_read_is_there_once() {
    let output = program(&["replay", "absent.safetensors"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: absent.safetensors: "), "{error}");
    assert_eq!(error.matches("os error").count(), 1, "{error}");
}

#[test]
fn a_pattern_that_matches_no_case_is_code_2() {
    let output = program(&["run", "--subject", "flex", "--case", "conv9/*"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[test]
fn every_rung_and_its_cases_are_listed() {
    let events = events(&program(&["list", "--quick"]));
    let of = |kind: &str| events.iter().filter(|event| event["kind"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!(of("rung").len(), 11);
    for rung in of("rung") {
        assert!(of("case").iter().any(|case| case["rung"] == rung["name"]), "{rung} has no case");
    }
}
