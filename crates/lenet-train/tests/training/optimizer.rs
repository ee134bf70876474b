//! Each optimizer against the rule that PyTorch's documentation gives for it, computed here in f64.

use burn::data::dataset::InMemDataset;
use burn::module::{Module, Param, ParamGroup};
use burn::tensor::{Device, Tensor, TensorData};
use lenet_data::{BurnSamples, Loader};
use lenet_train::{AnyOptimizer, Optimizer, OptimizerKind, Schedule, Trainer};

use crate::device;
use crate::perceptron::{Perceptron, loader, loss, points};

const KINDS: [OptimizerKind; 6] = [
    OptimizerKind::Sgd,
    OptimizerKind::Nesterov,
    OptimizerKind::Adam,
    OptimizerKind::Adamw,
    OptimizerKind::Rmsprop,
    OptimizerKind::Adagrad,
];

const RATE: f64 = 0.125;
const START: [f32; 4] = [1.0, -2.0, 0.5, 1.5];
/// At each step one number for each parameter. The small ones tell an ε of 1e-5 from one of 1e-8; one is 0.
const GRADIENTS: [[f32; 4]; 3] =
    [[0.5, 1e-4, 0.0, -1.0], [-0.25, 2e-4, 0.0, -0.75], [0.75, -1e-4, 0.0, 0.125]];

/// Four numbers.
#[derive(Module, Debug)]
struct Numbers {
    values: Param<Tensor<1>>,
}

/// The four numbers after the three steps. The loss is the sum of number · gradient, which has that gradient.
fn trained(optimizer: Optimizer) -> Vec<f32> {
    let numbers = trained_on(&device().autodiff(), optimizer);
    numbers.values.val().inner().into_data().try_into_vec().unwrap()
}

fn trained_on(device: &Device, optimizer: Optimizer) -> Numbers {
    let steps = Loader::new(BurnSamples::new(InMemDataset::new(GRADIENTS.to_vec())), 1).unwrap();
    let trainer = Trainer::new(|net: &Numbers, gradients: Vec<[f32; 4]>| {
        net.values.val().mul(Tensor::from_floats(gradients[0], device)).sum()
    });
    let numbers = Numbers { values: Param::from_data(TensorData::from(START), device) };
    let trainer = trainer.optimizer(optimizer).schedule(Schedule::Constant { learning_rate: RATE });
    trainer.fit(numbers, &steps).unwrap().model
}

/// What PyTorch's rules remember of a parameter: momentum, first or second moment, sum of squares.
#[derive(Default)]
struct Memory {
    steps: i32,
    first: f64,
    second: f64,
}

/// One step of the rule on the page of `torch.optim.SGD`, `Adam`, `AdamW`, `RMSprop` or `Adagrad`.
fn pytorch(rule: Optimizer, memory: &mut Memory, value: f64, gradient: f64) -> f64 {
    let Optimizer { kind, momentum, weight_decay, .. } = rule;
    let (value, gradient) = match kind {
        OptimizerKind::Adamw => (value - RATE * weight_decay * value, gradient),
        _ => (value, gradient + weight_decay * value),
    };
    memory.steps += 1;
    let step = match kind {
        OptimizerKind::Sgd | OptimizerKind::Nesterov => {
            memory.first = if memory.steps == 1 { gradient } else { momentum * memory.first + gradient };
            if kind == OptimizerKind::Nesterov { gradient + momentum * memory.first } else { memory.first }
        }
        OptimizerKind::Adam | OptimizerKind::Adamw => {
            memory.first = 0.9 * memory.first + 0.1 * gradient;
            memory.second = 0.999 * memory.second + 0.001 * gradient * gradient;
            let first = memory.first / (1.0 - 0.9_f64.powi(memory.steps));
            let second = memory.second / (1.0 - 0.999_f64.powi(memory.steps));
            first / (second.sqrt() + 1e-8)
        }
        OptimizerKind::Rmsprop => {
            memory.second = 0.99 * memory.second + 0.01 * gradient * gradient;
            memory.first = momentum * memory.first + gradient / (memory.second.sqrt() + 1e-8);
            memory.first
        }
        OptimizerKind::Adagrad => {
            memory.second += gradient * gradient;
            gradient / (memory.second.sqrt() + 1e-10)
        }
    };
    value - RATE * step
}

/// How far f32 may be off after three steps. Every step makes some eight roundings on numbers up to 4. Where
/// a rule divides by √second, its decay rate of 1 − d as f32 is off by half a unit in the last place of 1,
/// which is 2⁻²⁴/d of d, and half of that of the root: of steps of 1 with d = 0.001, of steps up to
/// 1/√0.01 + 0.9 · … < 30 with d = 0.01.
fn tolerance(kind: OptimizerKind) -> f64 {
    let unit = f64::from(f32::EPSILON) / 2.0;
    let of_decay = match kind {
        OptimizerKind::Adam | OptimizerKind::Adamw => RATE * unit / 0.001 / 2.0,
        OptimizerKind::Rmsprop => RATE * 30.0 * unit / 0.01 / 2.0,
        OptimizerKind::Sgd | OptimizerKind::Nesterov | OptimizerKind::Adagrad => 0.0,
    };
    3.0 * (8.0 * 4.0 * unit + of_decay)
}

#[track_caller]
fn is_pytorchs(rule: Optimizer) {
    for (index, value) in trained(rule).into_iter().enumerate() {
        let mut memory = Memory::default();
        let expected = GRADIENTS.iter().fold(f64::from(START[index]), |value, gradients| {
            pytorch(rule, &mut memory, value, gradients[index].into())
        });
        let error = (f64::from(value) - expected).abs();
        assert!(error <= tolerance(rule.kind), "{rule:?}, number {index}: {value} instead of {expected}");
    }
}

#[test]
fn with_its_defaults_each_rule_is_pytorchs() {
    for kind in KINDS {
        is_pytorchs(Optimizer::new(kind));
    }
}

#[test]
fn with_weight_decay_each_rule_is_pytorchs() {
    for kind in KINDS {
        is_pytorchs(Optimizer::new(kind).weight_decay(0.25));
    }
}

/// Adam, AdamW and Adagrad have no momentum of this kind, and do not change.
#[test]
fn with_momentum_each_rule_is_pytorchs() {
    for kind in KINDS {
        is_pytorchs(Optimizer::new(kind).momentum(0.9));
        is_pytorchs(Optimizer::new(kind).momentum(0.5).weight_decay(0.25));
    }
}

#[test]
fn the_defaults_are_those_of_pytorch() {
    assert_eq!(Optimizer::sgd(), Optimizer::new(OptimizerKind::Sgd));
    for kind in KINDS {
        let Optimizer { momentum, weight_decay, .. } = Optimizer::new(kind);
        assert_eq!(momentum, if kind == OptimizerKind::Nesterov { 0.9 } else { 0.0 }, "{kind}");
        assert_eq!(weight_decay, if kind == OptimizerKind::Adamw { 0.01 } else { 0.0 }, "{kind}");
    }
}

#[test]
fn a_manifest_has_the_names_of_the_command_line() {
    for (kind, name) in KINDS.into_iter().zip(["sgd", "nesterov", "adam", "adamw", "rmsprop", "adagrad"]) {
        assert_eq!(kind.to_string(), name);
        assert_eq!(serde_json::to_value(kind).unwrap(), name);
    }
}

/// The bits of a perceptron after three epochs, its biases with an optimizer of their own and its first layer
/// at half the rate.
fn in_groups(optimizer: AnyOptimizer) -> Vec<u32> {
    let trainer = Trainer::new(loss)
        .optimizer(optimizer)
        .optimizer_for(ParamGroup::from_predicate(".bias"), Optimizer::sgd().momentum(0.5))
        .lr_factor_for(ParamGroup::from_predicate("hidden"), 0.5)
        .epochs(3);
    trainer.fit(Perceptron::new(1), &loader(&points(40), 8)).unwrap().model.bits()
}

#[test]
fn the_trainer_steps_as_burns_module_optimizer_does() {
    for kind in KINDS {
        let optimizer = Optimizer::new(kind).weight_decay(0.125);
        assert_eq!(in_groups(optimizer.into()), in_groups(optimizer.init().into()), "{kind}");
    }
}

#[test]
fn a_parameter_keeps_its_strategy_of_gradient_checkpointing() {
    let device = device().autodiff().gradient_checkpointing();
    let values = trained_on(&device, Optimizer::sgd().momentum(0.9)).values.val();
    assert_eq!(values.gradient_checkpointing_strategy(), device.gradient_checkpointing_strategy());
}
