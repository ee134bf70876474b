//! A program that was started once and answers requests (`benches/src/protocol.rs`).

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, anyhow};
use serde::Deserialize;

/// A running program.
pub struct Worker {
    /// Of which peer.
    pub id: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
}

/// What a program says of itself.
#[derive(Deserialize)]
struct About {
    version: String,
}

/// What it says of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Answer {
    /// Throughput.
    pub images_per_second: f64,
    /// Half of the calls took no longer, in microseconds.
    pub p50_us: Option<f64>,
    /// 99 of 100 calls took no longer, in microseconds.
    pub p99_us: Option<f64>,
}

/// Why there is none.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Worker {
    /// Starts a program, and waits until it says its version. What it complains of goes to the file `log`.
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

    /// Asks for one measurement. `Err` is the program's own word why there is none.
    pub fn ask(&mut self, work: &str, batch: u32, seconds: f64) -> Result<Answer, String> {
        let answer =
            self.exchange(&format!("{work} {batch} {seconds}")).map_err(|error| format!("{error:#}"))?;
        parse(&answer)
    }

    fn exchange(&mut self, request: &str) -> anyhow::Result<String> {
        let requests = self.requests.as_mut().context("no pipe")?;
        // If the program is gone, the answer below says what it died of.
        let _ = writeln!(requests, "{request}").and_then(|()| requests.flush());
        self.line()
    }

    /// The next line of JSON; libraries print other things in between.
    fn line(&mut self) -> anyhow::Result<String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(anyhow!("it ended: {}", log.lines().last().unwrap_or("without a word")));
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
    /// Ends the program: it leaves when there are no more requests.
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
