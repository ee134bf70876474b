//! [`Events`]: spans of time, and their JSON.

use std::time::Instant;

use serde::Serialize;

/// Spans in bounded memory.
#[derive(Debug)]
pub(super) struct Events {
    /// Number of spans that are recorded at most.
    pub(super) limit: usize,
    /// Time 0 of the trace.
    start: Instant,
    spans: Vec<Span>,
    /// Begin of the first span that was left out.
    full: Option<Instant>,
}

#[derive(Debug)]
struct Span {
    name: &'static str,
    /// Number of the step or the epoch.
    number: Option<u64>,
    begin: Instant,
    end: Instant,
}

impl Default for Events {
    fn default() -> Self {
        Self { limit: 100_000, start: Instant::now(), spans: Vec::new(), full: None }
    }
}

/// An event in the trace event format: times in microseconds, `X` for a span and `i` for a moment.
#[derive(Serialize)]
struct Event {
    name: &'static str,
    ph: &'static str,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Arguments>,
}

#[derive(Serialize)]
struct Arguments {
    number: u64,
}

impl Events {
    /// Adds a span; `number` is that of the step or the epoch.
    pub(super) fn add(&mut self, name: &'static str, number: Option<u64>, begin: Instant, end: Instant) {
        if self.spans.len() < self.limit {
            self.spans.push(Span { name, number, begin, end });
        } else {
            self.full.get_or_insert(begin);
        }
    }

    /// The trace as one JSON object, an event a line.
    pub(super) fn to_json(&self) -> String {
        let microseconds =
            |moment: Instant| moment.saturating_duration_since(self.start).as_nanos() as f64 / 1e3;
        let span = |span: &Span| {
            let (begin, end) = (microseconds(span.begin), microseconds(span.end));
            let args = span.number.map(|number| Arguments { number });
            Event { name: span.name, ph: "X", ts: begin, dur: Some(end - begin), pid: 1, tid: 1, args }
        };
        let full = |moment: Instant| {
            let (name, ts) = ("the limit of spans is reached", microseconds(moment));
            Event { name, ph: "i", ts, dur: None, pid: 1, tid: 1, args: None }
        };
        let events = self.spans.iter().map(span).chain(self.full.map(full));
        // Structs of numbers and texts always serialise.
        let lines: Vec<String> =
            events.map(|event| serde_json::to_string(&event).unwrap_or_default()).collect();
        format!("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", lines.join(",\n"))
    }
}
