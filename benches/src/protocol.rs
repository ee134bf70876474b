//! The protocol between `cargo xtask bench-peers` and the programs that it compares.
//!
//! A program prints one line of JSON about itself. It then answers each line `WORK BATCH SECONDS` on its
//! standard input, such as `train 64 1.5`, with one line of JSON:
//! `{"images_per_second":…,"p50_us":…,"p99_us":…}` or `{"error":"reason"}`. One process answers all requests,
//! so that start-up and compilation are not measured.

use std::io::{self, BufRead, Write};
use std::str::FromStr;

use serde_json::{Value, json};

/// Kinds of work that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Training step with cross-entropy and SGD with momentum 0.9, including the shuffled gather of the
    /// batch.
    Train,
    /// Training step with mean squared error and plain SGD, including the shuffled gather of the batch.
    TrainMse,
    /// Inference, from a batch of images in memory to logits on the host.
    Infer,
}

/// A request for one measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// The work to measure.
    pub work: Work,
    /// Images per batch.
    pub batch: usize,
    /// Duration of the measurement in seconds, without warm-up.
    pub seconds: f64,
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("expected `train|train-mse|infer BATCH SECONDS`, found `{line}`");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [work, batch, seconds] = words[..] else { return Err(wrong()) };
        let work = match work {
            "train" => Work::Train,
            "train-mse" => Work::TrainMse,
            "infer" => Work::Infer,
            _ => return Err(wrong()),
        };
        let batch = batch.parse().ok().filter(|&batch| batch > 0).ok_or_else(wrong)?;
        let seconds = seconds.parse().ok().filter(|&s: &f64| s > 0.0 && s <= 3600.0).ok_or_else(wrong)?;
        Ok(Self { work, batch, seconds })
    }
}

/// Writes `about`, the description of the program, to `out`, then the answer to each line of `requests`.
///
/// # Errors
/// If reading or writing fails. An error of `measure` is written as an answer.
pub fn serve(
    about: &Value,
    requests: impl BufRead,
    mut out: impl Write,
    mut measure: impl FnMut(Request) -> Result<Value, String>,
) -> io::Result<()> {
    writeln!(out, "{about}")?;
    out.flush()?;
    for line in requests.lines() {
        let answer = line?.parse().and_then(&mut measure).unwrap_or_else(|reason| json!({ "error": reason }));
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_and_how_long() {
        let request = "train-mse 64 1.5".parse();
        assert_eq!(request, Ok(Request { work: Work::TrainMse, batch: 64, seconds: 1.5 }));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in
            ["", "train", "train 64", "run 64 1", "train 0 1", "train 64 -1", "train 64 NaN", "train 1 1 1"]
        {
            assert!(line.parse::<Request>().is_err(), "{line}");
        }
    }

    #[test]
    fn each_line_gets_an_answer_and_a_refusal_does_not_end_the_service() {
        let mut out = Vec::new();
        let measure = |request: Request| match request.work {
            Work::Infer => Ok(json!({ "images_per_second": request.batch })),
            _ => Err("inference only".to_owned()),
        };
        serve(&json!({ "name": "x" }), &b"train 1 1\ninfer 16 1\n"[..], &mut out, measure).unwrap();
        let expected = "{\"name\":\"x\"}\n{\"error\":\"inference only\"}\n{\"images_per_second\":16}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
