//! Stopped after any step, and going on from there.

use std::path::Path;

use burn::module::ParamGroup;
use burn::tensor::Device;
use lenet_train::{Checkpoints, End, OptimizerKind};

use crate::run::{Run, STEPS, device, metrics, rows};

/// Weights, optimizer and the states that hold no times, in the last checkpoint of a run.
fn last(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let checkpoint = Checkpoints::latest(folder.join("checkpoints")).unwrap().checkpoint.unwrap();
    assert_eq!(checkpoint.step(), STEPS);
    let names =
        ["model", "optimizer", "hook:Accumulate", "hook:Ema", "hook:ReduceOnPlateau", "hook:EarlyStopping"];
    names.map(|name| (name, checkpoint.section(name).unwrap().to_vec())).into()
}

fn is_exact(kind: OptimizerKind) {
    is_exact_on(&device(), kind);
}

fn is_exact_on(device: &Device, kind: OptimizerKind) {
    is_exact_with(kind, |run| Run { device: device.clone(), ..run });
}

fn is_exact_with(kind: OptimizerKind, change: impl Fn(Run) -> Run) {
    let run = |folder: &Path| change(Run::new(folder, kind));
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let uninterrupted = run(&whole).fit().unwrap();
    assert_eq!(uninterrupted.end, End::Completed);
    for stop in 1..STEPS {
        let parts = parts.join(stop.to_string());
        assert_eq!(run(&parts).stop_at(stop).fit().unwrap().steps, stop);
        let resumed = run(&parts).latest().fit().unwrap();
        assert_eq!((resumed.steps, resumed.epochs, resumed.samples), (STEPS, 2, 144));
        for ((name, whole), (_, parts)) in last(&whole).into_iter().zip(last(&parts)) {
            assert!(whole == parts, "{kind}, stopped after step {stop}: `{name}` differs");
        }
        assert_eq!(metrics(&parts), metrics(&whole), "stopped after step {stop}");
        assert_eq!(rows(&parts), rows(&whole), "stopped after step {stop}");
    }
}

#[test]
fn sgd_with_momentum() {
    is_exact(OptimizerKind::Sgd);
}

#[test]
fn with_frozen_layers() {
    is_exact_with(OptimizerKind::Sgd, |run| Run { frozen: Some(ParamGroup::from_predicate("conv")), ..run });
}

#[test]
fn with_layers_that_are_frozen_on_the_way() {
    let convolutions = || Some(ParamGroup::from_predicate("conv"));
    is_exact_with(OptimizerKind::Adam, |run| Run { frozen: convolutions(), frozen_after: 4, ..run });
}

#[test]
fn nesterov() {
    is_exact(OptimizerKind::Nesterov);
}

#[test]
fn adam() {
    is_exact(OptimizerKind::Adam);
}

#[test]
fn adamw() {
    is_exact(OptimizerKind::Adamw);
}

#[test]
fn rmsprop_with_momentum() {
    is_exact(OptimizerKind::Rmsprop);
}

#[test]
fn adagrad() {
    is_exact(OptimizerKind::Adagrad);
}

#[cfg(feature = "ndarray")]
#[test]
fn every_optimizer_on_ndarray() {
    use OptimizerKind::{Adagrad, Adam, Adamw, Nesterov, Rmsprop, Sgd};
    let device = lenet_backend::open(&"ndarray".parse().unwrap()).unwrap();
    for kind in [Sgd, Nesterov, Adam, Adamw, Rmsprop, Adagrad] {
        is_exact_on(&device, kind);
    }
}

#[test]
fn a_training_that_is_over_goes_on_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = Run::new(folder.path(), OptimizerKind::Adam).fit().unwrap();
    let before = last(folder.path());
    let again = Run::new(folder.path(), OptimizerKind::Adam).latest().fit().unwrap();
    assert_eq!((again.steps, again.end), (first.steps, End::Completed));
    assert!(last(folder.path()) == before);
}

#[test]
fn a_fit_stops_after_a_step_as_a_hook_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    for stop in 0..=STEPS {
        let [one, other] = ["one", "other"].map(|name| folder.path().join(format!("{name}-{stop}")));
        let stopped = Run { stop_after: Some(stop), ..Run::new(&one, OptimizerKind::Adam) }.fit().unwrap();
        assert_eq!((stopped.steps, stopped.end), (stop, End::Hook(format!("stopped after step {stop}"))));
        Run::new(&other, OptimizerKind::Adam).stop_at(stop).fit().unwrap();
        if (1..STEPS).contains(&stop) {
            assert!(model(&one) == model(&other), "after step {stop}");
        }
        // From a checkpoint after the step, no step is made.
        let again =
            Run { stop_after: Some(stop), ..Run::new(&one, OptimizerKind::Adam) }.latest().fit().unwrap();
        assert_eq!(again.steps, stop);
    }
}

#[test]
fn checkpoints_after_a_step_are_left_out_if_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    Run::new(folder.path(), OptimizerKind::Sgd).stop_at(8).fit().unwrap();
    let checkpoints = folder.path().join("checkpoints"); // After steps 6, 7 and 8, and the best one after 5.
    let step =
        |most| Checkpoints::latest_until(&checkpoints, most).unwrap().checkpoint.map(|found| found.step());
    assert_eq!([9, 8, 7, 6, 5, 4].map(step), [Some(8), Some(8), Some(7), Some(6), Some(5), None]);
}

fn model(folder: &Path) -> Vec<u8> {
    let latest = Checkpoints::latest(folder.join("checkpoints")).unwrap().checkpoint.unwrap();
    latest.section("model").unwrap().to_vec()
}
