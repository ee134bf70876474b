//! [`Report`]: the results of a comparison, serialised as peers.json.

use serde::Serialize;

use super::catalogue;
use super::work::Work;
use super::worker::Answer;
use crate::machine::Machine;
use lenet_report::numbers::{grouped, median, median_ratio};

/// The results of a comparison.
#[derive(Serialize)]
pub struct Report {
    /// Date of the measurements, `2026-01-31`.
    pub taken: String,
    /// Commit of this workspace.
    pub commit: String,
    /// The machine.
    pub machine: Machine,
    /// Name of the data set.
    pub digits: String,
    /// Settings of the measurements.
    pub settings: Settings,
    /// The measured programs, in the order of the tables.
    pub participants: Vec<Participant>,
    /// Programs and libraries that were not available.
    pub absent: Vec<Absent>,
    /// Throughput and latency, for each kind of work, batch size and program.
    pub measurements: Vec<Measurement>,
    /// Time and memory of whole programs.
    pub programs: Vec<WholeProgram>,
}

/// Settings of the measurements.
#[derive(Serialize)]
pub struct Settings {
    pub rounds: u32,
    /// Duration of each measurement, after warm-up.
    pub seconds: f64,
    pub batches: Vec<u32>,
    pub work: Vec<Work>,
    /// The cargo profile of this workspace's programs.
    pub profile: String,
}

/// A measured program.
#[derive(Serialize)]
pub struct Participant {
    pub id: &'static str,
    pub name: &'static str,
    pub version: String,
}

/// A program or library that was not available.
#[derive(Clone, Serialize)]
pub struct Absent {
    pub name: String,
    pub reason: String,
}

/// The results of one program for one kind of work and batch size.
#[derive(Serialize)]
pub struct Measurement {
    pub work: Work,
    pub batch: u32,
    pub peer: &'static str,
    /// Throughput in each round; the tables show the median.
    pub images_per_second: Vec<f64>,
    pub p50_us: Vec<f64>,
    pub p99_us: Vec<f64>,
    /// The reason if the program measured nothing.
    pub error: Option<String>,
}

/// One whole program, such as `lenet-train`.
#[derive(Serialize)]
pub struct WholeProgram {
    pub name: String,
    /// Wall time from start to end in each round.
    pub seconds: Vec<f64>,
    /// Peak memory in each round.
    pub peak_mib: Vec<f64>,
}

/// This workspace compared with the fastest other program.
pub struct Comparison {
    pub strongest: &'static str,
    /// Throughput of this workspace divided by that of the other program, median over the rounds.
    pub ratio: f64,
}

impl Absent {
    pub fn new(name: &str, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

impl Measurement {
    /// Adds the result of one round to the measurement of the same work, batch size and program.
    pub fn record(
        all: &mut Vec<Self>,
        work: Work,
        batch: u32,
        peer: &'static str,
        answer: Result<Answer, String>,
    ) {
        let is_it = |m: &Self| (m.work, m.batch, m.peer) == (work, batch, peer);
        let index = all.iter().position(is_it).unwrap_or_else(|| {
            let (images_per_second, p50_us, p99_us) = Default::default();
            all.push(Self { work, batch, peer, images_per_second, p50_us, p99_us, error: None });
            all.len() - 1
        });
        let this = &mut all[index];
        match answer {
            Ok(answer) => {
                this.images_per_second.push(answer.images_per_second);
                this.p50_us.extend(answer.p50_us);
                this.p99_us.extend(answer.p99_us);
            }
            Err(error) => this.error = Some(error),
        }
    }

    /// Median throughput over the rounds, in images/s.
    pub fn rate(&self) -> Option<f64> {
        median(&self.images_per_second)
    }
}

impl Report {
    /// The measurement of the program `peer`.
    pub fn of(&self, work: Work, batch: u32, peer: &str) -> Option<&Measurement> {
        self.measurements.iter().find(|m| (m.work, m.batch, m.peer) == (work, batch, peer))
    }

    /// The measurement of the fastest setting of the framework `family`.
    pub fn best_of(&self, work: Work, batch: u32, family: &str) -> Option<&Measurement> {
        self.fastest(work, batch, |peer| catalogue::peer(peer).family == family)
    }

    /// Compares this workspace, with all threads, to the fastest other program.
    pub fn compare(&self, work: Work, batch: u32) -> Option<Comparison> {
        let ours = self.of(work, batch, "lenet")?;
        let theirs = self.fastest(work, batch, |peer| catalogue::peer(peer).family != "lenet")?;
        let ratio = median_ratio(&ours.images_per_second, &theirs.images_per_second)?;
        Some(Comparison { strongest: catalogue::peer(theirs.peer).name, ratio })
    }

    /// A line for each program, and each measurement, that is missing, with the reason.
    pub fn absences(&self) -> Vec<String> {
        let name =
            |m: &Measurement| self.participants.iter().find(|p| p.id == m.peer).map_or(m.peer, |p| p.name);
        let failed = self.measurements.iter().filter_map(|m| {
            let reason = m.error.as_ref()?;
            Some(format!("{}, {} at batch {}: {reason}", name(m), m.work.word(), m.batch))
        });
        let absent = self.absent.iter().map(|absent| format!("{}: {}", absent.name, absent.reason));
        absent.chain(failed).collect()
    }

    /// Whether latencies of single images were measured.
    pub fn has_latencies(&self) -> bool {
        self.settings.work.contains(&Work::Infer) && self.settings.batches.contains(&1)
    }

    /// Name, and microseconds for one image, p50 and p99, of each program.
    pub fn latencies(&self) -> Vec<(&str, [String; 2])> {
        let row = |peer: &Participant| {
            let measurement = self.of(Work::Infer, 1, peer.id)?;
            Some((peer.name, [&measurement.p50_us, &measurement.p99_us].map(|us| rounded(us, 1))))
        };
        self.participants.iter().filter_map(row).collect()
    }

    /// Name, seconds, and peak memory in MiB of each whole program.
    pub fn whole_programs(&self) -> Vec<(&str, [String; 2])> {
        let row = |program: &WholeProgram| [rounded(&program.seconds, 2), rounded(&program.peak_mib, 0)];
        self.programs.iter().map(|program| (program.name.as_str(), row(program))).collect()
    }

    /// The programs that did this kind of work, each with its images/s at each batch size.
    pub fn throughputs(&self, work: Work) -> Vec<(&str, Vec<String>)> {
        let row = |peer: &Participant| {
            let found: Vec<Option<&Measurement>> =
                self.settings.batches.iter().map(|&batch| self.of(work, batch, peer.id)).collect();
            let rate = |m: &Option<&Measurement>| m.and_then(Measurement::rate).map_or("–".into(), grouped);
            found.iter().any(Option::is_some).then(|| (peer.name, found.iter().map(rate).collect()))
        };
        self.participants.iter().filter_map(row).collect()
    }

    fn fastest(&self, work: Work, batch: u32, is_one: impl Fn(&str) -> bool) -> Option<&Measurement> {
        let here = |m: &&Measurement| (m.work, m.batch) == (work, batch) && is_one(m.peer);
        let rates = self.measurements.iter().filter(here).filter_map(|m| Some((m.rate()?, m)));
        rates.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, m)| m)
    }
}

/// The median of the rounds, with so many digits.
fn rounded(rounds: &[f64], digits: usize) -> String {
    median(rounds).map_or("–".into(), |median| format!("{median:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn the_strongest_of_the_others_is_found_at_each_batch_size() {
        let report = example();
        let compare = |batch| report.compare(Work::Train, batch).map(|c| (c.strongest, c.ratio));
        assert_eq!(compare(1), Some(("JAX", 2.0)));
        assert_eq!(compare(64), Some(("PyTorch, eager", 4.0)));
        assert_eq!(compare(16), None);
    }

    #[test]
    fn a_measurement_keeps_every_round_and_its_figure_is_the_median() {
        let report = example();
        let measurement = report.of(Work::Infer, 1, "lenet").unwrap();
        assert_eq!(measurement.images_per_second, [4000.0, 2000.0, 3200.0]);
        assert_eq!(measurement.rate(), Some(3200.0));
    }
}
