//! Checkpoints that belong to something else.

use std::process::Command;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use lenet_train::{AnyOptimizer, Checkpoint, Checkpoints, Error, Optimizer, OptimizerKind};

use crate::run::{Run, device};

fn stopped() -> (tempfile::TempDir, Checkpoint) {
    stopped_with(Optimizer::new(OptimizerKind::Adam).into())
}

fn stopped_with(optimizer: AnyOptimizer) -> (tempfile::TempDir, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path(), OptimizerKind::Adam).stop_at(2);
    Run { optimizer, ..run }.fit().unwrap();
    let latest = Checkpoints::latest(folder.path().join("checkpoints")).unwrap();
    (folder, latest.checkpoint.unwrap())
}

fn message(result: Result<impl Sized, Error>) -> String {
    result.err().unwrap().to_string()
}

#[derive(Module, Debug)]
struct Other {
    fc1: Linear,
    fc2: Linear,
}

#[test]
fn another_model_by_the_first_tensor_that_differs() {
    let (_folder, checkpoint) = stopped();
    let linear = |inputs| LinearConfig::new(inputs, 120).init(&device());
    let other = Other { fc1: linear(400), fc2: linear(84) };
    let message = message(checkpoint.load_model(other));
    assert!(
        message.ends_with("tensor `fc2.weight` is [120, 84] in the checkpoint and [84, 120] in the model"),
        "{message}"
    );
}

#[test]
fn a_model_that_lacks_a_tensor() {
    let (_folder, checkpoint) = stopped();
    #[derive(Module, Debug)]
    struct Part {
        fc1: Linear,
    }
    let part = Part { fc1: LinearConfig::new(400, 120).init(&device()) };
    let message = message(checkpoint.load_model(part));
    assert!(
        message.contains("tensor `conv1.weight` is [6, 1, 5, 5] in the checkpoint and absent"),
        "{message}"
    );
}

#[test]
fn an_optimizer_with_other_settings() {
    let (folder, checkpoint) = stopped();
    let mut run = Run::new(folder.path(), OptimizerKind::Sgd);
    run.resume = Some(checkpoint);
    let message = message(run.fit());
    assert!(message.contains("of another training: `optimizer` was {\"kind\":\"adam\""), "{message}");
}

#[test]
fn a_group_with_another_optimizer() {
    let (folder, checkpoint) = stopped();
    let run = Run::new(folder.path(), OptimizerKind::Adam);
    let biases = run.biases.weight_decay(0.5);
    let message = message(Run { biases, resume: Some(checkpoint), ..run }.fit());
    assert!(message.contains("of another training: `optimizer of a group` was {"), "{message}");
    assert!(message.contains("conv1.bias"), "{message}");
}

/// Burn does not tell the settings of its optimizers, but their states give them away.
#[test]
fn an_optimizer_of_burn_that_cannot_take_the_state() {
    let adam = ModuleOptimizer::from(AdamConfig::new().build());
    let (folder, checkpoint) = stopped_with(adam.into());
    for optimizer in [ModuleOptimizer::from(SgdConfig::new().build()), RmsPropConfig::new().build().into()] {
        let mut run = Run::new(folder.path(), OptimizerKind::Adam);
        (run.optimizer, run.resume) = (optimizer.into(), Some(checkpoint.clone()));
        let message = message(run.fit());
        assert!(message.ends_with("of another optimizer: its state does not fit this one"), "{message}");
    }
}

/// Burn's default device is that of `BURN_DEVICE`, for the whole process: so this test is another one's, too.
#[test]
fn an_optimizer_of_burn_whose_default_device_is_not_there() {
    const NAME: &str = "refused::an_optimizer_of_burn_whose_default_device_is_not_there";
    if std::env::var_os("BURN_DEVICE").is_none() {
        let this_test = std::env::current_exe().unwrap();
        let output =
            Command::new(this_test).args(["--exact", NAME]).env("BURN_DEVICE", "none").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let (folder, checkpoint) = stopped_with(ModuleOptimizer::from(AdamConfig::new().build()).into());
    let mut run = Run::new(folder.path(), OptimizerKind::Adam);
    run.optimizer = ModuleOptimizer::from(AdamConfig::new().build()).into();
    run.resume = Some(checkpoint);
    let message = message(run.fit());
    assert!(message.contains("set BURN_DEVICE to the backend of the training, such as flex"), "{message}");
}
