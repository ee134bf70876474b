//! Learning rates of PyTorch's schedulers, step by step.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use lenet_data::Samples;
use lenet_train::hooks::ReduceOnPlateau;
use lenet_train::{AfterStep, Error, Evaluation, Flow, Hook, Schedule, Trainer};
use serde::Deserialize;

use crate::pytorch;

/// Of every schedule.
const BASE: f64 = 0.1;
const STEPS: u64 = 24;

/// Our schedule, and over how many steps it warms up.
fn ours(name: &str) -> (Schedule, u64) {
    let initial = BASE;
    let exponential = Schedule::Exponential { initial, factor: 0.9 };
    match name {
        "StepLR(step_size=5, gamma=0.3)" => (Schedule::Step { initial, every: 5, factor: 0.3 }, 0),
        "ExponentialLR(gamma=0.9)" => (exponential, 0),
        "CosineAnnealingLR(T_max=24)" => (Schedule::Cosine { initial, last: 0.0 }, 0),
        "CosineAnnealingLR(T_max=24, eta_min=0.001)" => (Schedule::Cosine { initial, last: 0.001 }, 0),
        "OneCycleLR(max_lr=0.1, total_steps=24)" => (Schedule::OneCycle { peak: BASE }, 0),
        // From 1/6 to 1 in 5 steps: our first of 6 steps is PyTorch's step 0.
        "LinearLR(start_factor=1/6, total_iters=5)" => (Schedule::Constant { learning_rate: BASE }, 6),
        "ChainedScheduler([LinearLR(start_factor=1/6, total_iters=5), ExponentialLR(gamma=0.9)])" => {
            (exponential, 6)
        }
        // 6 of 24 steps warm up.
        "SequentialLR([LinearLR(start_factor=1/6, total_iters=5), LinearLR(1, 0, total_iters=18)], [6])" => {
            (Schedule::WarmUpLinear { peak: BASE, warm_up_share: 0.25 }, 0)
        }
        "SequentialLR([LinearLR(start_factor=1/6, total_iters=5), CosineAnnealingLR(T_max=18)], [6])" => {
            (Schedule::WarmUpCosine { peak: BASE, warm_up_share: 0.25 }, 0)
        }
        _ => panic!("no schedule of ours for {name}"),
    }
}

/// A module of one number, which the loss wants to be smaller.
#[derive(Module, Debug)]
struct Number {
    number: burn::module::Param<Tensor<1>>,
}

struct Nothing(usize);

impl Samples for Nothing {
    type Batch = ();

    fn len(&self) -> usize {
        self.0
    }

    fn gather(&self, _: &[usize]) -> Result<(), lenet_data::Error> {
        Ok(())
    }
}

#[derive(Default)]
struct Rates(Vec<f64>);

impl<B> Hook<Number, B> for Rates {
    fn after_step(&mut self, step: &AfterStep<'_, Number>) -> Result<Flow, Error> {
        self.0.push(step.learning_rate);
        Ok(Flow::Continue)
    }
}

fn number() -> Number {
    let device = lenet_backend::open(&"flex".parse().unwrap()).unwrap().autodiff();
    let number = Tensor::from_data(TensorData::from([0.0_f32]), &device);
    Number { number: burn::module::Param::from_tensor(number) }
}

fn trainer<'a>() -> Trainer<'a, Number, ()> {
    Trainer::new(|net: &Number, ()| net.number.val())
}

/// PyTorch computes a rate from the one before, and so rounds once or twice a step; we compute each afresh,
/// with half a dozen roundings.
fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= (2.0 * STEPS as f64 + 6.0) * f64::EPSILON * BASE
}

#[test]
fn every_schedule_has_the_rates_of_pytorchs() {
    let schedules: BTreeMap<String, Vec<f64>> = pytorch("schedules");
    assert_eq!(schedules.len(), 9);
    for (name, expected) in schedules {
        let (schedule, warm_up) = ours(&name);
        let mut rates = Rates::default();
        let samples = lenet_data::Loader::new(Nothing(STEPS as usize), 1).unwrap();
        trainer().schedule(schedule).warm_up(warm_up).hook(&mut rates).fit(number(), &samples).unwrap();
        assert_eq!(rates.0.len(), expected.len());
        for (step, (&found, expected)) in rates.0.iter().zip(expected).enumerate() {
            assert!(near(found, expected), "{name}, step {step}: {found}, not {expected}");
        }
    }
}

#[derive(Deserialize)]
struct Plateau {
    base: f64,
    factor: f64,
    patience: u64,
    losses: Vec<f64>,
    rates: Vec<f64>,
}

#[test]
fn a_plateau_lowers_the_rate_when_pytorchs_does() {
    let Plateau { base, factor, patience, losses, rates } = pytorch("plateau");
    let (mut found, mut next) = (Rates::default(), losses.iter());
    let epochs = losses.len() as u64;
    trainer()
        .schedule(Schedule::Constant { learning_rate: base })
        .epochs(epochs)
        .hook(ReduceOnPlateau::new(factor, patience))
        .hook(&mut found)
        .validate(|_| Ok(Evaluation::new(*next.next().unwrap(), 1).with_accuracy(0.0)))
        .fit(number(), &lenet_data::Loader::new(Nothing(1), 1).unwrap())
        .unwrap();
    // The rate of the first epoch is the base; that after the last loss would be of an epoch to come.
    assert_eq!(found.0[0], base);
    assert_eq!(found.0[1..], rates[..rates.len() - 1]);
}
