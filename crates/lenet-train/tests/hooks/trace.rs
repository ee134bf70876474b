//! The trace of a training.

use std::collections::BTreeMap;

use lenet_train::Evaluation;
use lenet_train::hooks::Trace;
use serde_json::Value;

use crate::net::{Net, loader, trainer};

/// A span: name, begin and end in microseconds.
type Span = (String, f64, f64);

/// The spans of a training of two epochs of three steps, with validation.
fn traced(trace: &Trace) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let trainer = trainer().epochs(2).validate(|_: &Net| Ok(Evaluation::new(0.5, 4)));
    let checkpoints = lenet_train::Checkpoints::in_folder(folder.path().join("checkpoints"));
    let trainer = trainer.checkpoints(checkpoints);
    trainer.hook(trace.first()).hook(trace.last()).fit(Net::new(), &loader(6, 2)).unwrap();
    trace.write(&file).unwrap();
    let json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    json["traceEvents"].as_array().unwrap().clone()
}

fn spans(events: &[Value]) -> Vec<Span> {
    let spans = events.iter().filter(|event| event["ph"] == "X");
    let span = |event: &Value| {
        let begin = event["ts"].as_f64().unwrap();
        (event["name"].as_str().unwrap().to_owned(), begin, begin + event["dur"].as_f64().unwrap())
    };
    spans.map(span).collect()
}

#[test]
fn every_part_of_every_step_is_in_the_trace() {
    let mut counts = BTreeMap::new();
    for (name, ..) in spans(&traced(&Trace::new())) {
        *counts.entry(name).or_insert(0) += 1;
    }
    let expected = [
        ("backward", 6),
        ("checkpoint", 2), // After each epoch.
        ("epoch", 2),
        ("forward", 6),
        ("hooks", 3 * 6 + 2),
        ("load", 6),
        ("loss", 6),
        ("optimizer", 6),
        ("step", 6),
        ("validation", 2),
    ];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

/// Perfetto nests spans of one track by their times: two of them must not overlap in part.
#[test]
fn spans_are_nested_and_the_parts_of_a_step_fill_it() {
    let spans = spans(&traced(&Trace::new()));
    const ROUNDING: f64 = 0.01;
    for (index, (name, begin, end)) in spans.iter().enumerate() {
        assert!(begin <= end, "{name}");
        for (other, from, to) in &spans[..index] {
            let apart = *end <= from + ROUNDING || *to <= begin + ROUNDING;
            let inside = |a: (f64, f64), b: (f64, f64)| a.0 + ROUNDING >= b.0 && a.1 <= b.1 + ROUNDING;
            let nested = inside((*begin, *end), (*from, *to)) || inside((*from, *to), (*begin, *end));
            assert!(apart || nested, "{name} {begin}–{end} and {other} {from}–{to}");
        }
    }
    const PARENTS: [&str; 2] = ["step", "epoch"];
    for (_, begin, end) in spans.iter().filter(|span| span.0 == "step") {
        let parts = spans.iter().filter(|(name, from, to)| {
            !PARENTS.contains(&name.as_str()) && *from >= begin - ROUNDING && *to <= end + ROUNDING
        });
        let sum: f64 = parts.map(|(_, from, to)| to - from).sum();
        assert!((sum - (end - begin)).abs() < 0.1, "{sum} of {}", end - begin);
    }
}

#[test]
fn a_trace_has_no_more_spans_than_its_limit_and_says_so() {
    let events = traced(&Trace::new().limit(20));
    assert_eq!(events.len(), 21);
    assert_eq!(events[20]["name"], "the limit of spans is reached");
}
