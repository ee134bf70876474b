//! A report with one example of each outcome, for tests.

use super::event::VERSION;
use super::number::Number;
use super::outcome::Outcome;
use super::record::{About, Check, Curve, Fate, Mutant, Place, Series, Status, Unavailable, Worst};
use super::report::{Report, Rung, Settings, Subject};

/// Three rungs; flex passes, ndarray fails, wgpu is missing, wgpu+fusion crashed, wgpu+autotune hung.
pub fn report() -> Report {
    let rungs = ["ops-forward", "ops-backward", "trajectories"];
    let rung = |name: &str| Rung { name: name.into(), detail: format!("what {name} compares") };
    let (taken, commit) = ("2026-11-24T05:00:00+00:00".into(), "0123456789ab".into());
    let machine = "2 cores of a <fine> processor".into();
    let mut report = Report::new(taken, commit, machine, Settings::default(), rungs.map(rung).into());
    report.subjects = vec![flex(), ndarray(), wgpu(), crashed(), hung()];
    report.mutants = vec![killed(), survived()];
    report.seconds = 12.5;
    report
}

/// A comparison that passed, with this share of the bound.
pub fn check(rung: &str, case: &str, quantity: &str, share: f64) -> Check {
    let worst =
        Worst { index: vec![2, 5], value: Number(1.25), expected: Number(1.5), bound: Number(0.25 / share) };
    Check {
        rung: rung.into(),
        case: case.into(),
        quantity: quantity.into(),
        status: Status::Pass,
        share: Some(Number(share)),
        soft_share: Some(Number(share * 4.0)),
        rms_share: Some(Number(share / 8.0)),
        worst: Some(worst),
        numbers: 100,
        bit_equal: false,
        detail: String::new(),
        replay: None,
    }
}

fn flex() -> Subject {
    let mut flex = subject("flex", Outcome::Finished);
    let exact = Check {
        bit_equal: true,
        share: Some(Number(0.0)),
        ..check("ops-backward", "relu/batch1/integers", "x.grad", 1.0)
    };
    let close = Check {
        status: Status::NotComparable,
        share: None,
        worst: None,
        detail: "a pool tie".into(),
        ..check("ops-backward", "pool/batch64/random", "x.grad", 1.0)
    };
    flex.checks = vec![
        check("ops-forward", "conv1/batch3/random", "y", 0.031),
        check("ops-forward", "conv2/batch3/random", "y", 0.31),
        exact,
        close,
        check("trajectories", "adam/cross-entropy", "conv1.weight", 0.002),
    ];
    flex.curves = vec![curve("flex", &[1e-8, 3e-8, 0.0])];
    flex
}

fn ndarray() -> Subject {
    let mut ndarray = subject("ndarray", Outcome::Finished);
    let failed = Check {
        status: Status::Fail,
        detail: "the gradient has the wrong sign".into(),
        replay: Some("target/conformance/replay/ndarray-ops-backward.safetensors".into()),
        ..check("ops-backward", "conv2/batch3/random", "weight.grad", 13.0)
    };
    let skipped = Check {
        status: Status::Skipped,
        share: None,
        worst: None,
        detail: "ops-backward failed".into(),
        ..check("trajectories", "adam/cross-entropy", "", 1.0)
    };
    let warned = Check {
        status: Status::Warn,
        detail: "4.1 times less accurate than flex".into(),
        ..check("ops-forward", "conv2/batch3/random", "y", 0.71)
    };
    ndarray.checks = vec![warned, failed, skipped];
    ndarray.curves = vec![curve("ndarray", &[2e-8, f64::NAN])];
    ndarray
}

fn wgpu() -> Subject {
    let Unavailable { reason, remedy, .. } = Unavailable {
        reason: "no adapter found for `wgpu`".into(),
        remedy: "install mesa-vulkan-drivers".into(),
        ..Unavailable::default()
    };
    Subject { about: None, ..subject("wgpu", Outcome::Missing { reason, remedy }) }
}

fn crashed() -> Subject {
    let during = Some(Place { rung: "ops-backward".into(), case: "conv1/batch1/random".into() });
    let last_words = "thread main panicked\nnote: <backtrace>".into();
    let outcome = Outcome::Crashed { how: "SIGSEGV (11)".into(), during, last_words };
    let checks = vec![check("ops-forward", "conv1/batch3/random", "y", 0.04)];
    Subject { checks, ..subject("wgpu+fusion", outcome) }
}

fn hung() -> Subject {
    let during = Some(Place { rung: "ops-forward".into(), case: "conv1/batch1/random".into() });
    subject("wgpu+autotune", Outcome::TimedOut { seconds: 120, during })
}

fn subject(name: &str, outcome: Outcome) -> Subject {
    let about = About {
        protocol: VERSION,
        subject: name.into(),
        adapter: name.starts_with("wgpu").then(|| "llvmpipe <software>".into()),
        precision: "f32".into(),
        versions: [("burn".to_owned(), "0.22.1".to_owned())].into(),
        ..About::default()
    };
    Subject { outcome, about: Some(about), seconds: 3.25, ..Subject::new(name) }
}

fn curve(subject: &str, values: &[f64]) -> Curve {
    let series = |name: &str, values: &[f64]| Series {
        name: name.into(),
        values: values.iter().copied().map(Number).collect(),
    };
    Curve {
        rung: "trajectories".into(),
        case: "adam/cross-entropy".into(),
        title: "distance from the f64 trajectory".into(),
        x: "step".into(),
        y: "largest difference".into(),
        log: true,
        series: vec![series(subject, values), series("band", &[1e-7, 4e-7, 9e-7])],
    }
}

fn killed() -> Mutant {
    Mutant {
        name: "pool-tie-last".into(),
        what: "of equal numbers in a pool window the last one gets the gradient".into(),
        expected_rung: "ops-backward".into(),
        status: Fate::Killed,
        rung: Some("ops-backward".into()),
        case: Some("max-pool/batch3/ties".into()),
        quantity: Some("x.grad".into()),
        share: Some(Number(f64::INFINITY)),
    }
}

fn survived() -> Mutant {
    let nothing = Mutant { rung: None, case: None, quantity: None, share: None, ..killed() };
    Mutant { name: "eps-1e-5".into(), what: "Adam's eps".into(), status: Fate::Survived, ..nothing }
}
