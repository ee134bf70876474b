//! Trainings whose epochs are cut short by a limit of steps or of batches.

use std::path::Path;
use std::time::Duration;

use lenet_data::Loader;
use lenet_model::LeNet;
use lenet_train::hooks::MaxTime;
use lenet_train::{Checkpoints, End, Loss, OptimizerKind, Outcome, Schedule, Trainer};

use crate::run::{Run, device, digits, metrics, rows};

/// Limits, and the steps, epochs and samples that are left of 2 epochs of 5 batches: 4 of 16 images and one
/// of 8.
type Case = (Option<u64>, usize, (u64, u64, u64));
const CASES: [Case; 4] = [
    (Some(7), usize::MAX, (7, 2, 104)),
    (Some(5), usize::MAX, (5, 1, 72)),
    (None, 3, (6, 2, 96)),
    (Some(4), 3, (4, 2, 64)),
];

/// Sections that hold no times, in the last checkpoint of a run.
fn last(folder: &Path) -> Vec<Vec<u8>> {
    let checkpoint = Checkpoints::latest(folder.join("checkpoints")).unwrap().checkpoint.unwrap();
    let names =
        ["model", "optimizer", "hook:Accumulate", "hook:Ema", "hook:ReduceOnPlateau", "hook:EarlyStopping"];
    names.map(|name| checkpoint.section(name).unwrap().to_vec()).into()
}

#[test]
fn resume_after_any_step_to_the_same_bits() {
    for (max_steps, limit_batches, expected) in CASES {
        let run = |folder: &Path| Run { max_steps, limit_batches, ..Run::new(folder, OptimizerKind::Adamw) };
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("whole");
        let uninterrupted = run(&whole).fit().unwrap();
        let counts = (uninterrupted.steps, uninterrupted.epochs, uninterrupted.samples);
        assert_eq!((counts, uninterrupted.end), (expected, End::Completed));
        for stop in 1..=expected.0 {
            let parts = folder.path().join(stop.to_string());
            assert_eq!(run(&parts).stop_at(stop).fit().unwrap().steps, stop);
            let resumed = run(&parts).latest().fit().unwrap();
            assert_eq!((resumed.steps, resumed.epochs, resumed.samples), expected);
            assert!(last(&parts) == last(&whole), "{max_steps:?}, stopped after step {stop}");
            assert_eq!(metrics(&parts), metrics(&whole), "{max_steps:?}, stopped after step {stop}");
            assert_eq!(rows(&parts), rows(&whole), "{max_steps:?}, stopped after step {stop}");
        }
        let again = run(&whole).latest().fit().unwrap();
        assert_eq!((again.steps, again.epochs, again.samples), expected);
    }
}

#[test]
fn other_limits_are_those_of_another_training() {
    let folder = tempfile::tempdir().unwrap();
    let seven = Run { max_steps: Some(7), ..Run::new(folder.path(), OptimizerKind::Sgd) };
    seven.stop_at(2).fit().unwrap();
    let message = |run: Run| run.latest().fit().err().unwrap().to_string();
    let run = || Run::new(folder.path(), OptimizerKind::Sgd);
    let eight = message(Run { max_steps: Some(8), ..run() });
    assert!(eight.ends_with("of another training: `max-steps` was 7, is 8"), "{eight}");
    let none = message(run());
    assert!(none.ends_with("of another training: `max-steps` was 7, is not set"), "{none}");
    let limited = message(Run { max_steps: Some(7), limit_batches: 4, ..run() });
    assert!(limited.ends_with("of another training: `batches` was 5, is 4"), "{limited}");
}

/// Fits 2 epochs of 2 batches, from the newest checkpoint if there is one.
fn fit(folder: &Path, limit: Option<Duration>) -> Outcome<LeNet> {
    let device = device().autodiff();
    let train = Loader::new(digits(0..32), 16).unwrap().shuffle(7);
    let mut trainer = Trainer::new(|net: &LeNet, batch: lenet_data::HostBatch| {
        let batch = batch.to_device(&device);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    })
    .schedule(Schedule::WarmUpLinear { peak: 0.01, warm_up_share: 0.5 })
    .epochs(2)
    .checkpoints(Checkpoints::in_folder(folder));
    if let Some(limit) = limit {
        trainer = trainer.hook(MaxTime::new(limit));
    }
    if let Some(checkpoint) = Checkpoints::latest(folder).unwrap().checkpoint {
        trainer = trainer.resume(checkpoint);
    }
    trainer.fit(LeNet::new(1, &device), &train).unwrap()
}

#[test]
fn time_ends_a_fit_after_a_step_from_which_it_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let [parts, whole] = ["parts", "whole"].map(|name| folder.path().join(name));
    for steps in [1, 2, 2, 3] {
        // The second one ends at a step, the third one at the end of its epoch.
        let outcome = fit(&parts, Some(Duration::from_nanos(1)));
        assert_eq!((outcome.steps, outcome.end), (steps, End::Hook(MaxTime::REASON.into())));
    }
    let resumed = fit(&parts, Some(Duration::from_secs(3600)));
    assert_eq!((resumed.steps, resumed.end), (4, End::Completed));
    let whole = fit(&whole, None);
    assert!(resumed.model.state_dict().unwrap() == whole.model.state_dict().unwrap());
}
