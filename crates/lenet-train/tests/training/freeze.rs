//! Frozen parameters.

use std::cell::RefCell;

use burn::module::ParamGroup;
use lenet_data::{HostBatch, Loader, synthetic};
use lenet_model::{LeNet, Parameter};
use lenet_train::hooks::{Accumulate, Ema};
use lenet_train::{AfterBackward, Error, Flow, Hook, Loss, Optimizer, OptimizerKind, Trainer};

use crate::device;

/// Three steps from the weights of seed 1, with `change` of the trainer.
fn trained<'a>(
    change: impl FnOnce(Trainer<'a, LeNet, HostBatch>) -> Trainer<'a, LeNet, HostBatch>,
) -> Result<LeNet, Error> {
    let device = device().autodiff();
    let digits = Loader::new(synthetic::digits(1, 0..24).unwrap(), 8).unwrap();
    let on = device.clone();
    let trainer = Trainer::new(move |net: &LeNet, batch: HostBatch| {
        let batch = batch.to_device(&on);
        Loss::CrossEntropy.forward(net.forward(batch.images), batch.labels)
    });
    Ok(change(trainer).fit(LeNet::new(1, &device), &digits)?.model)
}

/// The names of the parameters that are not the initial ones, bit for bit.
fn changed(net: &LeNet) -> Vec<String> {
    let (before, after) = (LeNet::new(1, &device()).state_dict().unwrap(), net.state_dict().unwrap());
    let bits =
        |parameter: &Parameter| parameter.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let pairs = before.parameters().iter().zip(after.parameters());
    pairs.filter(|(one, other)| bits(one) != bits(other)).map(|(one, _)| one.name.clone()).collect()
}

fn convolutions() -> ParamGroup {
    ParamGroup::from_predicate("conv")
}

const LINEAR: [&str; 6] = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"];

#[test]
fn they_keep_their_bits_under_every_optimizer() {
    use OptimizerKind::{Adagrad, Adam, Adamw, Nesterov, Rmsprop, Sgd};
    for kind in [Sgd, Nesterov, Adam, Adamw, Rmsprop, Adagrad] {
        let optimizer = Optimizer::new(kind).momentum(0.9).weight_decay(0.1);
        let net = trained(|trainer| trainer.optimizer(optimizer).freeze(convolutions())).unwrap();
        assert_eq!(changed(&net), LINEAR, "{kind}");
    }
}

#[test]
fn one_parameter_between_trained_ones_keeps_its_bits() {
    let net = trained(|trainer| trainer.freeze(ParamGroup::from_path("fc1.weight"))).unwrap();
    let changed = changed(&net);
    assert_eq!(changed.len(), 9);
    assert!(!changed.contains(&"fc1.weight".to_owned()));
}

/// A frozen last layer passes gradients on to those before it.
#[test]
fn the_layers_before_them_are_trained() {
    let net = trained(|trainer| trainer.freeze(ParamGroup::from_predicate("fc"))).unwrap();
    assert_eq!(changed(&net), ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]);
}

#[test]
fn their_moving_average_is_the_parameter() {
    let mut ema = Ema::new(0.9);
    let net = trained(|trainer| trainer.hook(&mut ema).freeze(convolutions())).unwrap();
    assert_eq!(changed(&ema.apply(net)), LINEAR);
}

/// Keeps the names of the gradients, and tries to set one of a frozen parameter.
struct Names<'a>(&'a RefCell<Vec<String>>);

impl Hook<LeNet, HostBatch> for Names<'_> {
    fn after_backward(&mut self, backward: &mut AfterBackward<'_, LeNet>) -> Result<Flow, Error> {
        let gradients = &mut *backward.gradients;
        *self.0.borrow_mut() = gradients.iter().map(|(name, _)| name.to_owned()).collect();
        let of_fc1 = gradients.get("fc1.bias").unwrap();
        assert!(!gradients.set("conv1.bias", of_fc1.slice(0..6)));
        Ok(Flow::Continue)
    }
}

#[test]
fn hooks_see_no_gradient_of_them_and_cannot_set_one() {
    let names = RefCell::default();
    let net = trained(|trainer| trainer.hook(Names(&names)).freeze(convolutions())).unwrap();
    assert_eq!(*names.borrow(), LINEAR);
    assert_eq!(changed(&net), LINEAR);
}

/// The bits of the weights of conv1 after `steps` of three steps that train all.
fn conv1_after(steps: u64) -> Vec<u32> {
    bits_of_conv1(&trained(|trainer| trainer.stop_after(steps)).unwrap())
}

fn bits_of_conv1(net: &LeNet) -> Vec<u32> {
    net.conv1.weight.val().into_data().iter::<f32>().map(f32::to_bits).collect()
}

#[test]
fn frozen_after_some_steps_they_keep_the_bits_of_that_step() {
    for steps in 0..3 {
        let net = trained(|trainer| trainer.freeze_after(steps, convolutions())).unwrap();
        assert_eq!(bits_of_conv1(&net), conv1_after(steps), "frozen after {steps} steps");
    }
}

#[test]
fn frozen_at_the_end_of_an_epoch_they_keep_its_bits() {
    let net = trained(|trainer| trainer.epochs(2).freeze_after(3, convolutions())).unwrap();
    assert_ne!(bits_of_conv1(&net), conv1_after(2));
    let one_epoch = trained(|trainer| trainer.epochs(2).stop_after(3)).unwrap();
    assert_eq!(bits_of_conv1(&net), bits_of_conv1(&one_epoch));
}

#[test]
fn of_two_groups_with_a_parameter_the_first_freezes_it() {
    let net = trained(|trainer| {
        trainer.freeze_after(2, convolutions()).freeze_after(1, ParamGroup::from_path("conv1.weight"))
    });
    assert_eq!(bits_of_conv1(&net.unwrap()), conv1_after(1));
}

#[test]
fn gradients_accumulated_before_are_not_used_after() {
    let accumulated = |steps: Option<u64>| {
        trained(|trainer| {
            let trainer = trainer.hook(Accumulate::over(2));
            if let Some(steps) = steps { trainer.freeze_after(steps, convolutions()) } else { trainer }
        })
        .unwrap()
    };
    assert_eq!(changed(&accumulated(Some(1))), LINEAR);
    assert_ne!(changed(&accumulated(None)), LINEAR);
}

#[test]
fn a_group_without_parameters_is_refused_with_those_that_there_are() {
    let error = trained(|trainer| trainer.freeze(ParamGroup::from_path("conv1"))).unwrap_err().to_string();
    assert!(error.starts_with("cannot freeze parameters: no parameter is in "), "{error}");
    assert!(error.contains("the parameters are conv1.weight, conv1.bias, conv2.weight"), "{error}");
}

#[test]
fn a_module_that_is_frozen_as_a_whole_is_refused() {
    let error = trained(|trainer| trainer.freeze(ParamGroup::all())).unwrap_err().to_string();
    assert!(error.contains("there is nothing to train"), "{error}");
}
