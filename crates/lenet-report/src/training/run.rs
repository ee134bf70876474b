//! [`Run`]: the records and the settings of a training.

use crate::run::{LayerRecord, Record, ReluRecord};

/// A training.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Run {
    /// Name of its folder.
    pub name: String,
    /// The lines of `metrics.jsonl`.
    pub records: Vec<Record>,
    /// The lines of `layers.jsonl`; empty if the run has none.
    pub layers: Vec<LayerRecord>,
    /// The lines of `relus.jsonl`; empty if the run has none.
    pub relus: Vec<ReluRecord>,
    /// Settings as names and values.
    pub settings: Vec<(String, String)>,
    /// Data, device, versions: names and values.
    pub facts: Vec<(String, String)>,
    /// The command that repeats the run.
    pub command: String,
}

impl Run {
    /// A run without records.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Accuracy on the test set, in 0..=1.
    pub fn test_accuracy(&self) -> Option<f64> {
        self.records.iter().rev().find_map(|record| match record {
            Record::End { test_accuracy, .. } => *test_accuracy,
            _ => None,
        })
    }

    /// Training time in seconds, number of steps, and the reason for the end; `None` if the run has not ended.
    pub fn end(&self) -> Option<(f64, u64, &str)> {
        self.records.iter().rev().find_map(|record| match record {
            Record::End { seconds, steps, reason, .. } => Some((*seconds, *steps, reason.as_str())),
            _ => None,
        })
    }

    /// Training time in seconds until `step`. Within an epoch, each step takes the same time. `None` before the end of
    /// the first epoch is recorded.
    pub fn seconds_at(&self, step: u64) -> Option<f64> {
        let (mut done, mut elapsed, mut rate) = (0, 0.0, None);
        for record in &self.records {
            let Record::Epoch { step: end, seconds, .. } = record else { continue };
            let per_step = seconds / end.saturating_sub(done).max(1) as f64;
            if step <= *end {
                return Some(elapsed + per_step * step.saturating_sub(done) as f64);
            }
            (done, elapsed, rate) = (*end, elapsed + seconds, Some(per_step));
        }
        Some(elapsed + rate? * step.saturating_sub(done) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: u64, step: u64, seconds: f64) -> Record {
        let (train_loss, valid_loss, valid_accuracy) = (None, None, None);
        Record::Epoch {
            epoch,
            step,
            train_loss,
            valid_loss,
            valid_accuracy,
            seconds,
            samples_per_second: 1.0,
        }
    }

    #[test]
    fn the_steps_of_an_epoch_share_its_time() {
        let run = Run { records: vec![epoch(0, 10, 1.0), epoch(1, 20, 3.0)], ..Run::new("run") };
        assert_eq!([5, 10, 15, 20, 30].map(|step| run.seconds_at(step)), [0.5, 1.0, 2.5, 4.0, 7.0].map(Some));
        assert_eq!(Run::new("empty").seconds_at(5), None);
    }
}
