//! A report for tests.

use super::catalogue;
use super::report::{Absent, Measurement, Participant, Report, Settings, WholeProgram};
use super::work::Work;
use super::worker::Answer;
use crate::machine::Machine;

/// A small comparison with simple numbers.
pub fn example() -> Report {
    let machine = Machine {
        processor: "a processor".into(),
        cores: 2,
        vectors: Some("AVX2"),
        system: "linux x86_64".into(),
        load: Some(0.1),
    };
    let work = vec![Work::Train, Work::Infer];
    let mut report = Report {
        taken: "2026-01-31".into(),
        commit: "0123456789ab".into(),
        machine,
        digits: "MNIST".into(),
        settings: Settings { rounds: 3, seconds: 1.5, batches: vec![1, 64], work, profile: "dev".into() },
        participants: Vec::new(),
        absent: vec![Absent::new("candle", "not built")],
        measurements: Vec::new(),
        programs: vec![
            WholeProgram {
                name: "lenet-train".into(),
                seconds: vec![2.0, 4.0, 3.0],
                peak_mib: vec![100.0; 3],
            },
            WholeProgram { name: "PyTorch".into(), seconds: vec![8.0, 8.0, 9.0], peak_mib: vec![1000.0; 3] },
        ],
    };
    for (peer, rate) in [("lenet", 4000.0), ("torch-eager", 1000.0), ("jax", 2000.0)] {
        let catalogue::Peer { id, name, .. } = catalogue::peer(peer);
        report.participants.push(Participant { id, name, version: "1.0".into() });
        for (work, batch) in [(Work::Train, 1), (Work::Train, 64), (Work::Infer, 1), (Work::Infer, 64)] {
            for slowness in [1.0, 2.0, 1.25] {
                let images_per_second = rate * f64::from(batch) / slowness;
                let us = 1e6 / images_per_second;
                let answer = Answer { images_per_second, p50_us: Some(us), p99_us: Some(3.0 * us) };
                let answer = if peer == "jax" && batch == 64 { Err("too large".into()) } else { Ok(answer) };
                Measurement::record(&mut report.measurements, work, batch, id, answer);
            }
        }
    }
    report
}
