//! [`Worker`]: a running program of the comparison, which answers requests (`benches/src/protocol.rs`).

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, anyhow};
use serde::Deserialize;

/// A running program.
pub struct Worker {
    /// Id of the program.
    pub id: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
}

/// The first line that a program prints.
#[derive(Deserialize)]
struct About {
    version: String,
}

/// The answer to a request: a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Answer {
    /// Throughput in images/s.
    pub images_per_second: f64,
    /// Median latency of a call, in microseconds.
    pub p50_us: Option<f64>,
    /// 99th percentile of the latency, in microseconds.
    pub p99_us: Option<f64>,
}

/// The answer to a request that the program cannot measure.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Worker {
    /// Starts a program and waits for its version. Its standard error goes to the file `log`.
    pub fn start(id: &'static str, mut command: Command, log: &Path) -> anyhow::Result<(Self, String)> {
        let errors = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child =
            command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("no pipe")?);
        let mut worker = Self { id, child, requests, answers, log: log.into() };
        let about: About = serde_json::from_str(&worker.line()?)?;
        Ok((worker, about.version))
    }

    /// Requests one measurement. `Err` is the reason that the program gave, or why it gave no answer.
    pub fn ask(&mut self, work: &str, batch: u32, seconds: f64) -> Result<Answer, String> {
        let answer =
            self.exchange(&format!("{work} {batch} {seconds}")).map_err(|error| format!("{error:#}"))?;
        parse(&answer)
    }

    fn exchange(&mut self, request: &str) -> anyhow::Result<String> {
        let requests = self.requests.as_mut().context("no pipe")?;
        // If the program has ended, `line` below returns an error with the end of its log.
        let _ = writeln!(requests, "{request}").and_then(|()| requests.flush());
        self.line()
    }

    /// The next line of JSON. Lines that libraries print in between are skipped.
    fn line(&mut self) -> anyhow::Result<String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(anyhow!(
                    "the program ended: {}",
                    log.lines().last().unwrap_or("its log is empty")
                ));
            }
            if line.starts_with('{') {
                return Ok(line);
            }
        }
    }
}

fn parse(line: &str) -> Result<Answer, String> {
    match serde_json::from_str::<Refusal>(line) {
        Ok(refusal) => Err(refusal.error),
        Err(_) => serde_json::from_str(line).map_err(|error| format!("not an answer: {error}: {line}")),
    }
}

impl Drop for Worker {
    /// Ends the program by closing its standard input.
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_rate_and_perhaps_latencies() {
        let answer = Answer { images_per_second: 2.5, p50_us: Some(1.0), p99_us: None };
        assert_eq!(parse(r#"{"images_per_second":2.5,"p50_us":1.0,"p99_us":null}"#), Ok(answer));
        assert_eq!(parse(r#"{"error":"for inference only"}"#), Err("for inference only".into()));
        assert!(parse("{}").is_err_and(|error| error.contains("not an answer")));
    }
}
