//! [`Stopwatch`]: measures the throughput and latency of repeated calls.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Duration of the warm-up as a fraction of the measurement.
const WARM_UP: f64 = 0.1;

/// Measures the time of each of a series of calls, after a warm-up.
pub struct Stopwatch {
    window: Duration,
    warm_up: Option<Duration>,
    start: Instant,
    last: Instant,
    calls: Vec<Duration>,
}

impl Stopwatch {
    /// Starts the warm-up of a measurement of `seconds`.
    pub fn start(seconds: f64) -> Self {
        let now = Instant::now();
        let warm_up = Some(Duration::from_secs_f64(seconds * WARM_UP));
        Self { window: Duration::from_secs_f64(seconds), warm_up, start: now, last: now, calls: Vec::new() }
    }

    /// Records the end of a call. Returns whether to make another call.
    pub fn lap(&mut self) -> bool {
        let now = Instant::now();
        match self.warm_up {
            Some(time) if now - self.start < time => {}
            Some(_) => (self.warm_up, self.start) = (None, now),
            None => self.calls.push(now - self.last),
        }
        self.last = now;
        self.warm_up.is_some() || self.calls.is_empty() || now - self.start < self.window
    }

    /// The result as an answer of the protocol, for calls of `batch` images each.
    pub fn answer(mut self, batch: usize) -> Value {
        let seconds = (self.last - self.start).as_secs_f64();
        let images = (batch * self.calls.len()) as f64;
        self.calls.sort_unstable();
        json!({
            "images_per_second": images / seconds,
            "p50_us": microseconds_at(&self.calls, 0.50),
            "p99_us": microseconds_at(&self.calls, 0.99),
        })
    }
}

/// The quantile `share` of the sorted calls in microseconds, by the nearest-rank method.
fn microseconds_at(sorted: &[Duration], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map(|call| call.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let calls: Vec<Duration> = (1..=200).map(Duration::from_micros).collect();
        let rounded = |share| microseconds_at(&calls, share).map(f64::round);
        assert_eq!((rounded(0.50), rounded(0.99)), (Some(100.0), Some(198.0)));
        assert_eq!(microseconds_at(&[], 0.5), None);
    }

    #[test]
    fn the_first_call_is_a_warm_up_and_at_least_one_is_measured() {
        let mut watch = Stopwatch::start(0.0);
        assert!(watch.lap());
        assert!(!watch.lap());
        assert!(watch.answer(8)["p50_us"].is_number());
    }
}
